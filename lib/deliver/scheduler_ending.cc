// The scheduler's back door: bounces, rows, and names that go.

#include <algorithm>

#include "base/attempt.h"
#include "base/log.h"
#include "deliver/scheduler.h"

namespace mail::deliver {
namespace {

// A bounce that cannot be kept is tried again; the original stays.
constexpr Micros kBounceAgain = 5 * kMinute;

Rows rows_of(const Message& message) {
  return message.stored ? Rows::Go : Rows::None;
}

}  // namespace

// Nothing of it is on its way any more.
void Scheduler::settle(Message& message) {
  if (message.condemned) {
    log_error("corrupt", {{"id", message.id},
                          {"strikes", message.strikes}});
    departures_.condemn(message.id, message.shelf, rows_of(message));
    forget(message.id);
    return;
  }
  tell_sender(message);
  // Rows before the file: whoever died in between would look for it.
  if (!message.done() || message.stored) return store(message);
  departures_.remove(to_rows(message), message.shelf);
  forget(message.id);
}

void Scheduler::tell_sender(Message& message) {
  const auto told = attempt([&] {
    while (true) {
      const auto report = bouncer_.report(message, wall_time());
      if (report.empty()) return;
      reports_[message.id].push_back(report);
    }
  });
  if (told) return;
  log_error("bounce-failed",
            {{"id", message.id}, {"reason", told.error().why}});
  for (auto& target : message.targets) {
    if (target.state == TargetState::Done ||
        target.state == TargetState::Deferred) {
      continue;
    }
    // What is held rests until it is released.
    if (message.held && target.row.next_at == 0) continue;
    target.row.next_at = wall_time() + kBounceAgain;
  }
}

// It stays active until its rows are on the disk.
void Scheduler::store(Message& message) {
  message.stored = true;
  message.unwritten = false;
  ledger_.change(to_rows(message));
}

void Scheduler::stored(const std::string& id) {
  send_reports(id);
  const auto found = active_.find(id);
  // A strike is written while the message is still on its way.
  if (found == active_.end() || found->second->parcels > 0) return;
  const spool::Shelf shelf = found->second->shelf;
  if (found->second->done()) {
    departures_.remove(id);
    return forget(id);
  }
  const spool::Shelf place =
      found->second->held ? spool::Shelf::Hold : spool::Shelf::Deferred;
  if (shelf != place) departures_.move(id, shelf, place);
  forget(id);
  due_.hurry(kSecond);
}

// What they settle is on the disk: it cannot happen once more.
void Scheduler::send_reports(const std::string& id) {
  const auto found = reports_.find(id);
  if (found == reports_.end()) return;
  for (auto& report : found->second) arrivals_.announce(std::move(report));
  reports_.erase(found);
}

// Whether a report found in the spool has to wait, because the message it is
// about is not changed accordingly yet; after a crash it is met here.
bool Scheduler::hold_back(const spool::Item& report) {
  const auto about = bouncer_.subject(report);
  if (!about) return false;
  // On its way out: its rows say nothing any more.
  if (ledger_.is_done(about->id)) return false;
  const bool leaves = departures_.has(about->id);  // begun, and done
  const auto rows = db_.load(about->id);
  if (rows && rows->reports > about->number) return false;
  if (!in_hand(about->id)) {
    if (rows) {
      // Nothing leaves of what is held: its release recalls the report, or
      // its removal lets the next scan find it alone.
      if (rows->held) return true;
      if (!leaves) {
        auto message =
            std::make_unique<Message>(next_attempt(*rows, wall_time()));
        if (!lies_ready(*message)) return true;
        begin(std::move(message));
      }
    } else if (leaves) {
      // It is written, or gone, in a moment.
    } else if (const auto original =
                   shelves_.open(spool::Shelf::In, about->id)) {
      // Whatever share its account has in hand.
      begin_new(*original);
    }
  }
  if (!leaves && !in_hand(about->id)) return false;
  auto& waiting = reports_[about->id];
  if (std::ranges::find(waiting, report.id) == waiting.end()) {
    waiting.push_back(report.id);
  }
  return true;
}

void Scheduler::forget(std::string id) {
  const auto found = active_.find(id);
  const Message& message = *found->second;
  shares_.give_back(message.account, message.weight);
  active_.erase(found);
}

void Scheduler::swept() {
  auto news = departures_.take();
  for (const auto& [id, rows] : news.arrived) {
    send_reports(id);
    if (rows == Rows::Go) ledger_.done(id);
  }
  for (auto& rows : news.stuck) ledger_.change(std::move(rows));
  for (const auto& id : news.changed) put_in_place(id);
}

}  // namespace mail::deliver
