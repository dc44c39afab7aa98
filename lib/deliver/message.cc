#include "deliver/message.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "deliver/notify.h"
#include "deliver/orders.h"

namespace mail::deliver {
namespace {

using spool::RecipientState;

TargetState to_be_tried(const spool::StoredRecipient& row, Micros now) {
  if (row.state == RecipientState::Failed) return TargetState::Failed;
  if (row.state == RecipientState::Delivered) return TargetState::Delivered;
  if (row.state == RecipientState::Relayed) return TargetState::Relayed;
  if (row.state == RecipientState::Expanded) return TargetState::Expanded;
  const bool due = row.next_at > 0 && row.next_at <= now;
  return due ? TargetState::Due : TargetState::Deferred;
}

RecipientState to_be_kept(TargetState state) {
  switch (state) {
    case TargetState::Failed: return RecipientState::Failed;
    case TargetState::Delivered: return RecipientState::Delivered;
    case TargetState::Relayed: return RecipientState::Relayed;
    case TargetState::Expanded: return RecipientState::Expanded;
    default: return RecipientState::Deferred;
  }
}

Target target_of(const directory::Destination& destination, Micros hold) {
  Target target;
  target.row.address = destination.address;
  target.row.detail = destination.detail;
  target.row.account = destination.account;
  if (hold > 0) {
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

// RFC 3461 5.2.7.3 (c): an address with several behind it is reported when
// it is expanded, and the places behind it are not once more.
Target expanded(const spool::Recipient& recipient) {
  Target target;
  target.row.address = recipient.address;
  target.row.last_code = "2.1.5";
  target.state = TargetState::Expanded;
  return target;
}

// Where each recipient ends, each place once.
class Expansion {
 public:
  Expansion(Message& message, Micros hold) : message_(message), hold_(hold) {}

  void refused(const spool::Recipient& recipient, const std::string& why) {
    add(unknown(recipient.address, why), recipient, recipient.notify);
    ++source_;
  }
  void leads_to(const spool::Recipient& recipient,
                const std::vector<directory::Destination>& places) {
    const bool several = places.size() > 1;
    const bool tell = wants(recipient.notify, News::Success);
    const std::string notify =
        several ? without_success(recipient.notify) : recipient.notify;
    if (several && tell) add(expanded(recipient), recipient, recipient.notify);
    for (const auto& place : places) {
      // Of a place here once more, because its sender hears of each; it is
      // one delivery all the same.
      const bool twice = tell && !several && place.account != 0;
      if (is_new(place) || twice) {
        add(target_of(place, hold_), recipient, notify);
      }
    }
    ++source_;
  }

 private:
  bool is_new(const directory::Destination& place) {
    const bool here = place.account != 0;
    return seen_.emplace(place.account, here ? "" : place.address,
                         here ? place.detail : "").second;
  }
  void add(Target target, const spool::Recipient& recipient,
           const std::string& notify) {
    target.row.n = static_cast<int>(message_.targets.size());
    target.row.source = source_;
    target.row.orcpt = recipient.orcpt;
    target.row.notify = notify;
    message_.targets.push_back(std::move(target));
  }

  Message& message_;
  const Micros hold_;
  int source_ = 0;
  // Two aliases may lead to the same place.
  std::set<std::tuple<std::uint64_t, std::string, std::string>> seen_;
};

void succeeded(Target& target, TargetState state) {
  const bool tell = wants(target.row.notify, News::Success);
  target.state = tell ? state : TargetState::Done;
  if (tell) target.row.tried_at = wall_time();
}

}  // namespace

bool Message::any(TargetState state) const {
  return std::ranges::any_of(
      targets, [&](const Target& target) { return target.state == state; });
}

bool Message::done() const {
  return std::ranges::all_of(targets, [](const Target& target) {
    return target.state == TargetState::Done;
  });
}

Micros Lifetime::end_at_first(std::string_view sender, Micros arrived,
                              Micros now) const {
  const Micros length = sender.empty() ? null_sender : normal;
  return std::max(arrived + length, now + length / 10);
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
  message.expires =
      lifetime.end_at_first(envelope.sender, envelope.arrived, wall_time());
  const Micros hold =
      envelope.hold_until > wall_time() ? envelope.hold_until : 0;

  Expansion expansion(message, hold);
  for (const auto& recipient : envelope.recipients) {
    const auto found = directory.expand(recipient.address);
    if (found) {
      expansion.leads_to(recipient, *found);
    } else {
      expansion.refused(recipient, found.error().why);
    }
  }
  return message;
}

Message next_attempt(const spool::StoredMessage& stored, Micros now) {
  Message message;
  message.id = stored.id;
  message.held = stored.held;
  message.shelf = stored.held ? spool::Shelf::Hold : spool::Shelf::Deferred;
  message.size = stored.size;
  message.sender = stored.sender;
  message.account = stored.account;
  message.arrived = stored.arrived;
  message.expires = stored.expires;
  message.warned = stored.warned;
  message.strikes = stored.strikes;
  message.reports = stored.reports;
  message.alone = stored.strikes > 0;
  message.stored = true;
  for (const auto& row : stored.recipients) {
    message.targets.push_back({row, to_be_tried(row, now)});
  }
  return message;
}

void delivered(Target& target) {
  target.row.last_code = "2.0.0";
  succeeded(target, TargetState::Delivered);
}

void relayed(Target& target, Duties reports) {
  // RFC 3461 5.2.2: the next server does not do it, so we do.
  target.state = TargetState::Done;
  if (reports == Duties::Ours) succeeded(target, TargetState::Relayed);
}

void shift_times(Message& message, Micros step) {
  const auto shift = [step](Micros& time) {
    if (time > 0) time = std::max<Micros>(1, time + step);
  };
  message.arrived += step;
  message.expires += step;
  shift(message.warned);
  for (auto& target : message.targets) {
    shift(target.row.next_at);
    shift(target.row.tried_at);
  }
}

// A time of 0 never comes.
void keep_back(Message& message, std::string_view why) {
  message.held = true;
  for (auto& target : message.targets) {
    target.row.next_at = 0;
    if (target.out || target.state != TargetState::Due) continue;
    target.state = TargetState::Deferred;
    if (!why.empty()) target.row.last_text = why;
  }
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
  stored.reports = message.reports;
  stored.held = message.held;
  for (const auto& target : message.targets) {
    if (target.state == TargetState::Done) continue;
    // Whatever becomes of it now, it is not tried again.
    if (target.wish == spool::QueueVerb::Delete) continue;
    auto& row = stored.recipients.emplace_back(target.row);
    const bool here = target.row.account != 0;
    if (target.wish && !here) {
      give_up(row, *target.wish);
      continue;
    }
    row.state = to_be_kept(target.state);
    if (target.state == TargetState::Due) {
      // Not tried yet: after a restart it is due at once.
      row.next_at = message.held ? 0 : std::max<Micros>(1, message.arrived);
    } else if (message.held && target.state == TargetState::Deferred) {
      row.next_at = 0;
    }
  }
  return stored;
}

}  // namespace mail::deliver
