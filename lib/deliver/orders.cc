#include "deliver/orders.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "deliver/queue_desk.h"

namespace mail::deliver {
namespace {

using spool::QueueVerb;

// Whether there was something to do to it.
bool change(QueueVerb verb, const Message& message, Target& target) {
  const bool waits = target.state == TargetState::Deferred ||
                     target.state == TargetState::Due;
  switch (verb) {
    case QueueVerb::Retry:
      if (!waits || message.held) return false;
      target.row.next_at = wall_time();
      target.state = TargetState::Due;
      return true;
    case QueueVerb::Release:
      target.row.next_at = wall_time();
      if (waits) target.state = TargetState::Due;
      return true;
    case QueueVerb::Expire:
    case QueueVerb::Bounce:
      if (!waits) return false;
      give_up(target.row, verb);
      target.state = TargetState::Failed;
      return true;
    case QueueVerb::Delete:
      if (target.state == TargetState::Done) return false;
      target.state = TargetState::Done;
      log_info("removed", {{"id", message.id}, {"to", target.row.address}});
      return true;
    case QueueVerb::Hold: break;  // of whole messages
  }
  return false;
}

bool is_meant(const spool::QueueTarget& order, const Target& target) {
  return order.recipients.empty() ||
         std::ranges::count(order.recipients, target.row.n) > 0;
}

Followed hold(Message& message) {
  if (message.held) return Followed::No;
  keep_back(message, "");
  log_info("held", {{"id", message.id}});
  const bool out = std::ranges::count(message.targets, true, &Target::out) > 0;
  return out ? Followed::Later : Followed::Yes;
}

// Nothing can be done to what is on its way but to wait for it.
bool wish(QueueVerb verb, Target& target) {
  if (verb == QueueVerb::Retry || verb == QueueVerb::Release) return false;
  target.wish = verb;
  return true;
}

}  // namespace

Followed follow(QueueVerb verb, const spool::QueueTarget& order,
                Message& message) {
  if (verb == QueueVerb::Hold) return hold(message);
  if (verb == QueueVerb::Release) {
    if (!message.held) return Followed::No;
    message.held = false;
    log_info("released", {{"id", message.id}});
  }
  // Nothing is left that could be held.
  const bool whole = order.recipients.empty();
  if (whole && (verb == QueueVerb::Expire || verb == QueueVerb::Bounce)) {
    message.held = false;
  }
  bool later = false;
  bool changed = verb == QueueVerb::Release;
  for (auto& target : message.targets) {
    if (verb != QueueVerb::Release && !is_meant(order, target)) continue;
    if (target.out) {
      later = wish(verb, target) || later;
    } else {
      changed = change(verb, message, target) || changed;
    }
  }
  return later ? Followed::Later : changed ? Followed::Yes : Followed::No;
}

void give_up(spool::StoredRecipient& row, QueueVerb verb) {
  const spool::GivenUp& why = reason_of(verb);
  row.state = spool::RecipientState::Failed;
  row.last_code = why.code;
  row.last_text.insert(0, why.text);
  while (row.last_text.ends_with(' ')) row.last_text.pop_back();
  row.reply = 0;
  row.next_at = wall_time();
}

void come_back(Message& message, Target& target) {
  target.out = false;
  const auto wish = std::exchange(target.wish, {});
  const bool failed = target.state == TargetState::Failed;
  const bool waits = target.state == TargetState::Deferred ||
                     target.state == TargetState::Due;
  if (wish && (waits || (failed && wish == QueueVerb::Delete))) {
    change(*wish, message, target);
  } else if (message.held) {
    target.row.next_at = 0;
    if (waits) target.state = TargetState::Deferred;
  }
}

bool is_given_up(const Message& message,
                 std::span<const std::size_t> targets) {
  return std::ranges::any_of(targets, [&](const std::size_t index) {
    const auto& wish = message.targets[index].wish;
    return wish == QueueVerb::Bounce || wish == QueueVerb::Expire;
  });
}

bool is_stopped(const Message& message, std::span<const std::size_t> targets) {
  return message.held ||
         std::ranges::any_of(targets, [&](const std::size_t index) {
           return message.targets[index].wish.has_value();
         });
}

}  // namespace mail::deliver
