// What administrators want of messages, wherever they are.

#include <algorithm>

#include "base/attempt.h"
#include "base/fault.h"
#include "base/log.h"
#include "deliver/orders.h"
#include "deliver/queue_desk.h"
#include "deliver/scheduler.h"

namespace mail::deliver {
namespace {

constexpr Micros kMoves = kSecond;
constexpr Micros kRemoveAgain = kSecond;  // then 2, 4 ... 60 s

}  // namespace

spool::QueueChange Scheduler::change(spool::QueueVerb verb,
                                     const Targets& targets) {
  wait_for_moves(targets);
  Targets resting;
  Targets in_hand;
  for (const auto& target : targets) {
    if (const auto found = active_.find(target.id); found != active_.end()) {
      // Else it is about to leave.
      const Message& message = *found->second;
      if (!message.done() || message.parcels > 0) in_hand.push_back(target);
    } else if (departures_.is_moving(target.id)) {
      departures_.change(target.id);
      resting.push_back(target);
    } else if (!departures_.has(target.id) && db_.has(target.id)) {
      resting.push_back(target);
    }
  }
  due_.hurry();
  spool::QueueChange change;
  if (!in_hand.empty()) change = order(verb, in_hand);
  if (verb == spool::QueueVerb::Retry) {
    // Whatever is thought of the servers that it goes to.
    for (const auto& site : db_.sites_of(resting)) outbound_.revive(site);
  }
  const Micros planned = next_.removals;
  if (verb == spool::QueueVerb::Delete) {
    next_.removals = std::min(planned, steady_time() + kRemoveAgain);
  }
  QueueDesk desk(db_, shelves_, [this](const std::string& id) {
    return departures_.has(id);
  });
  change.done += desk.change(verb, resting);
  next_.removals = planned;  // nothing is left by half
  for (const auto& id : desk.strays()) put_in_place(id);
  return change;
}

// A file that is being moved has its place in a moment, or stays where it is.
void Scheduler::wait_for_moves(const Targets& targets) {
  const auto moves = [this](const spool::QueueTarget& target) {
    return departures_.is_moving(target.id);
  };
  hurry_while([&] { return std::ranges::any_of(targets, moves); });
}

void Scheduler::hurry_while(const std::function<bool()>& waits) {
  const Micros end = steady_time() + kMoves;
  while (waits() && steady_time() < end) {
    departures_.hurry(kMoves / 10);
    swept();
  }
}

// What was deleted and could not be removed, here or by one before us.
void Scheduler::finish_removals() {
  const auto done = attempt([&] {
    QueueDesk(db_, shelves_, [this](const std::string& id) {
      return busy_with(id) || ledger_.is_done(id);
    }).finish_removals();
  });
  auto& pause = next_.removals_pause;
  pause = done ? 0 : std::clamp(2 * pause, kRemoveAgain, kMinute);
  next_.removals = done ? Timetable::kNever : steady_time() + pause;
  if (!done) log_error("order-failed", {{"reason", done.error().why}});
}

// What waits for a worker is taken back, changed, and what is left of it goes
// on; all of it is on the disk when this returns.
spool::QueueChange Scheduler::order(spool::QueueVerb verb,
                                    const Targets& targets) {
  Messages messages;
  for (const auto& target : targets) {
    messages.insert(active_.at(target.id).get());
  }
  if (verb == spool::QueueVerb::Retry) {
    for (const Message* message : messages) {
      for (const auto& target : message->targets) {
        outbound_.revive(target.row.site);
      }
    }
    outbound_.hurry(messages);
  } else {
    recall(messages);
  }
  spool::QueueChange change;
  std::vector<std::string> removed;
  std::vector<std::string> leaving;
  for (const auto& target : targets) {
    const auto found = active_.find(target.id);
    if (found == active_.end()) continue;  // named twice
    Message& message = *found->second;
    const Followed followed = deliver::follow(verb, target, message);
    change.done += followed == Followed::Yes ? 1 : 0;
    change.later += followed == Followed::Later ? 1 : 0;
    const bool whole = message.done() && message.parcels == 0;
    if (whole && !message.stored && remove_now(message)) {
      removed.push_back(target.id);
    } else {
      // Its file is there still: that it is done with is to be on the disk.
      message.stored = message.stored || whole;
      if (whole) leaving.push_back(target.id);
      go_on(message);
    }
  }
  shelves_.sync();
  for (const auto& id : ledger_.write()) stored(id);
  for (const auto& id : removed) send_reports(id);
  if (ledger_.size() > 0) {
    throw Fault("queue.db cannot be written now; it is done as soon as it can");
  }
  hurry_while([&] {
    return std::ranges::any_of(
        leaving,
        [this](const auto& id) { return departures_.is_under_way(id); });
  });
  return change;
}

// Nothing of them waits for a worker any more.
void Scheduler::recall(const Messages& messages) {
  const auto take_back = [this](Message* message,
                                const std::vector<std::size_t>& targets) {
    for (const auto index : targets) message->targets[index].out = false;
    message->parcels -= 1;
  };
  for (auto& job : lanes_.withdraw(messages)) {
    take_back(job.message, job.targets);
  }
  for (auto& one : outbound_.withdraw(messages)) {
    take_back(one.message, one.targets);
  }
}

void Scheduler::go_on(Message& message) {
  dispatch(message);
  if (message.parcels == 0) return settle(message);
  message.stored = true;
  ledger_.change(to_rows(message));
}

// It has no rows that would miss it: its file goes before the administrator is
// told so.  What has rows settles: they go first.
bool Scheduler::remove_now(Message& message) {
  using spool::Shelf;
  const auto done = attempt([&] {
    for (const auto shelf : {Shelf::In, Shelf::Deferred, Shelf::Hold}) {
      shelves_.remove(message.id, shelf);
    }
  });
  if (!done) return false;
  forget(message.id);
  return true;
}

}  // namespace mail::deliver
