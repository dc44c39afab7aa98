#include "deliver/message.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace mail::deliver {
namespace {

using spool::RecipientState;

TargetState to_be_tried(const spool::StoredRecipient& row, Micros now) {
  if (row.state == RecipientState::Waiting) return TargetState::Waiting;
  if (row.state == RecipientState::Failed) return TargetState::Failed;
  const bool due = row.next_at > 0 && row.next_at <= now;
  return due ? TargetState::Due : TargetState::Deferred;
}

RecipientState to_be_kept(TargetState state) {
  switch (state) {
    case TargetState::Waiting: return RecipientState::Waiting;
    case TargetState::Failed: return RecipientState::Failed;
    default: return RecipientState::Deferred;
  }
}

Target target_of(const directory::Destination& destination, Micros hold) {
  Target target;
  target.row.address = destination.address;
  target.row.detail = destination.detail;
  target.row.account = destination.account;
  if (destination.account == 0) {
    target.state = TargetState::Waiting;
    target.row.last_text = kWaitingText;
  } else if (hold > 0) {
    target.state = TargetState::Deferred;
    target.row.next_at = hold;
    target.row.last_text = "held until then as the sender wished";
  }
  return target;
}

Target unknown(const std::string& address, const std::string& why) {
  Target target;
  target.row.address = address;
  target.row.last_code = "5.1.1";
  target.row.last_text = why;
  target.state = TargetState::Failed;
  return target;
}

}  // namespace

bool Message::any(TargetState state) const {
  return std::ranges::any_of(
      targets, [&](const Target& target) { return target.state == state; });
}

Micros Lifetime::end(std::string_view sender, Micros arrived) const {
  return arrived + (sender.empty() ? null_sender : normal);
}

Message first_attempt(const spool::Item& item, spool::Shelf shelf,
                      directory::Directory& directory,
                      const Lifetime& lifetime) {
  const spool::Envelope& envelope = item.envelope;
  Message message;
  message.id = item.id;
  message.shelf = shelf;
  message.size = item.size();
  message.sender = envelope.sender;
  message.account = envelope.account;
  message.arrived = envelope.arrived;
  message.expires = lifetime.end(envelope.sender, envelope.arrived);
  const Micros hold =
      envelope.hold_until > wall_time() ? envelope.hold_until : 0;

  // Two aliases may lead to the same place.
  std::set<std::tuple<std::uint64_t, std::string, std::string>> seen;
  int source = 0;
  for (const auto& recipient : envelope.recipients) {
    const auto found = directory.expand(recipient.address);
    const auto add = [&](Target target) {
      target.row.n = static_cast<int>(message.targets.size());
      target.row.source = source;
      message.targets.push_back(std::move(target));
    };
    if (!found) {
      add(unknown(recipient.address, found.error().why));
    } else {
      for (const auto& one : *found) {
        const bool here = one.account != 0;
        const bool fresh =
            seen.emplace(one.account, here ? "" : one.address,
                         here ? one.detail : "").second;
        if (fresh) add(target_of(one, hold));
      }
    }
    ++source;
  }
  return message;
}

Message next_attempt(const spool::StoredMessage& stored, Micros now) {
  Message message;
  message.id = stored.id;
  message.shelf = spool::Shelf::Deferred;
  message.size = stored.size;
  message.sender = stored.sender;
  message.account = stored.account;
  message.arrived = stored.arrived;
  message.expires = stored.expires;
  message.warned = stored.warned;
  message.strikes = stored.strikes;
  message.alone = stored.strikes > 0;
  message.stored = true;
  for (const auto& row : stored.recipients) {
    message.targets.push_back({row, to_be_tried(row, now)});
  }
  return message;
}

spool::StoredMessage to_rows(const Message& message) {
  spool::StoredMessage stored;
  stored.id = message.id;
  stored.size = message.size;
  stored.sender = message.sender;
  stored.account = message.account;
  stored.arrived = message.arrived;
  stored.expires = message.expires;
  stored.warned = message.warned;
  stored.strikes = message.strikes;
  for (const auto& target : message.targets) {
    if (target.state == TargetState::Done) continue;
    stored.recipients.push_back(target.row);
    stored.recipients.back().state = to_be_kept(target.state);
    // Not tried yet: after a restart it is due at once.
    if (target.state == TargetState::Due) {
      stored.recipients.back().next_at = std::max<Micros>(1, message.arrived);
    }
  }
  return stored;
}

}  // namespace mail::deliver
