// One recipient's server that takes its time keeps the others of its message
// from nothing: being seen, being tried again, being told of.

#include <algorithm>

#include "base/attempt.h"
#include "base/log.h"
#include "deliver/progress.h"
#include "deliver/scheduler.h"

namespace mail::deliver {
namespace {

constexpr Micros kEvery = 2 * kSecond;
// Most of what is to be told of a message comes within this, or within a tenth
// of the time to the second attempt: one report.
constexpr Micros kGather = 30 * kSecond;

bool is_due(const Target& target, Micros now) {
  return target.state == TargetState::Deferred && !target.out &&
         target.row.next_at > 0 && target.row.next_at <= now;
}

// Of what is told at the end; after trouble with a report it waits.
bool is_news(const Target& target, Micros now) {
  switch (target.state) {
    case TargetState::Failed:
    case TargetState::Delivered:
    case TargetState::Relayed:
    case TargetState::Expanded: return target.row.next_at <= now;
    default: return false;
  }
}

// After trouble: they are due in two seconds as well.
void wait_again(Message& message) {
  for (auto& target : message.targets) {
    const bool due = target.state == TargetState::Due && !target.out;
    if (due) target.state = TargetState::Deferred;
  }
}

}  // namespace

void Scheduler::look_after_others() {
  next_.others = steady_time() + kEvery;
  for (const auto& [id, message] : active_) {
    if (message->parcels == 0 || message->condemned) continue;
    const auto done = attempt([&] { try_others(*message); });
    if (!done) {
      log_error("open-failed", {{"id", id}, {"reason", done.error().why}});
      wait_again(*message);
    }
    tell_of_others(*message);
    if (message->unwritten) store(*message);
  }
}

// What is in hand is not tried by its rows.
void Scheduler::hurry_others(const std::function<bool(const Target&)>& which) {
  const Micros now = wall_time();
  for (const auto& [id, message] : active_) {
    for (Target& target : message->targets) {
      const bool waits = target.state == TargetState::Deferred && !target.out;
      if (!waits || target.row.next_at <= now || !which(target)) continue;
      target.row.next_at = now;
    }
  }
}

void Scheduler::try_others(Message& message) {
  if (message.held) return;
  const Micros now = wall_time();
  bool any = false;
  for (auto& target : message.targets) {
    if (!is_due(target, now)) continue;
    target.state = TargetState::Due;
    any = true;
  }
  if (!any) return;
  keep_local(message, directory_);
  admission_.refuse_suppressed(message, {});
  wait_for_domains(message, outbound_.sites());
  dispatch(message);
}

void Scheduler::tell_of_others(Message& message) {
  const Micros now = wall_time();
  const bool news =
      !message.held &&
      std::ranges::any_of(message.targets, [now](const Target& target) {
        return is_news(target, now);
      });
  if (!news) {
    message.news_since = 0;
    return;
  }
  if (message.news_since == 0) message.news_since = steady_time();
  const Micros patience = std::min(kGather, retry_ / 10);
  if (steady_time() - message.news_since < patience) return;
  message.news_since = 0;
  tell_sender(message);
  store(message);
}

}  // namespace mail::deliver
