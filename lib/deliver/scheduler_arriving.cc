// The scheduler's front door: ids from smtpd, names found in the spool.

#include <algorithm>

#include "base/attempt.h"
#include "base/log.h"
#include "deliver/complaint.h"
#include "deliver/scheduler.h"

namespace mail::deliver {
namespace {

constexpr std::size_t kFewArriving = 1'000;
constexpr std::size_t kOpenAtOnce = 64;
constexpr int kInVain = 8;

constexpr Micros kScanFirst = kSecond;
constexpr Micros kScanEvery = kMinute;
constexpr Micros kAfterTrouble = 200 * kMillisecond;

}  // namespace

bool Scheduler::busy_with(const std::string& id) const {
  return active_.contains(id) || departures_.has(id);
}

void Scheduler::hear_smtpd() {
  auto news = hub_.take();
  for (auto& id : news.ids) {
    arrivals_.announce(std::move(id));
  }
  for (const auto account : news.looks) lanes_.probe(account);
  if (news.connected) scan();
}

void Scheduler::scan() {
  // Often at first, and while nobody announces: what came while we were away
  // may have been told to nobody.
  auto& pause = next_.scan_pause;
  pause = hub_.connections() == 0
              ? kScanFirst
              : std::clamp(2 * pause, kScanFirst, kScanEvery);
  next_.scan = steady_time() + pause;
  // All of what waits is going to be opened anyway.
  if (arrivals_.size() > kFewArriving && !arrivals_.wants_scan()) {
    arrivals_.miss();
    return;
  }
  arrivals_.scanned();
  const std::set<std::string> known = arrivals_.all();
  const auto done = attempt([&] {
    Complaint complaint("scan-failed");
    for (const auto& id : shelves_.list(spool::Shelf::In)) {
      if (active_.contains(id) || departures_.knows(id) || known.contains(id)) {
        continue;
      }
      bool whole = false;
      const auto looked =
          attempt([&] { whole = shelves_.examine(id, wall_time()); });
      if (!looked) complaint.add(id, looked.error().why);
      if (!whole) continue;
      db_.has(id) ? put_in_place(id) : arrivals_.add(id);
    }
    shelves_.sync();
  });
  if (!done) log_error("scan-failed", {{"reason", done.error().why}});
}

// Where its rows say that it belongs; what has no recipients is to go.
void Scheduler::put_in_place(const std::string& id) {
  const auto done = attempt([&] {
    const auto rows = db_.load(id);
    if (!rows || active_.contains(id) || ledger_.is_done(id)) {
      departures_.leave(id);
    } else if (rows->recipients.empty()) {
      departures_.leave(id);
      if (next_.removals == Timetable::kNever) next_.removals = 0;
    } else {
      departures_.move(id, spool::Shelf::In,
                       rows->held ? spool::Shelf::Hold
                                  : spool::Shelf::Deferred);
    }
  });
  if (!done) log_error("queue-read-failed", {{"reason", done.error().why}});
}

void Scheduler::open_arrivals() {
  const Micros now = steady_time();
  if (now < next_.opening) return;
  arrivals_.wake(now);
  const auto may_have = [this](std::uint64_t account) {
    return shares_.may_take(account);
  };
  int in_vain = 0;
  for (std::size_t i = 0; i < kOpenAtOnce; ++i) {
    const auto id = arrivals_.next(may_have);
    if (!id) break;
    if (busy_with(*id)) continue;
    const auto done = attempt([&] { open_arrival(*id); });
    if (done) {
      arrivals_.opened(*id);
      in_vain = 0;
      continue;
    }
    log_error("open-failed", {{"id", *id}, {"reason", done.error().why}});
    arrivals_.put_off(*id, now);
    // It may be more than these files.
    if (++in_vain < kInVain) continue;
    next_.opening = now + kAfterTrouble;
    return;
  }
  if (arrivals_.wants_scan()) scan();
}

void Scheduler::open_arrival(const std::string& id) {
  const auto item = shelves_.open(spool::Shelf::In, id);
  if (item) {
    if (hold_back(*item)) return;
    const std::uint64_t account = item->envelope.account;
    if (!shares_.may_take(account)) return arrivals_.park(account, id);
    return begin_new(*item);
  }
  // Gone: found by a scan, then delivered before its announcement came.
  if (item.error() != spool::Flaw::Gone) {
    condemn(id, name_of(item.error()));
  }
}

void Scheduler::begin_new(const spool::Item& item) {
  auto message = std::make_unique<Message>(
      first_attempt(item, spool::Shelf::In, directory_, lifetime_));
  admission_.judge(*message, item.envelope.recipients);
  begin(std::move(message));
}

void Scheduler::condemn(const std::string& id, std::string_view why) {
  log_error("corrupt", {{"id", id}, {"reason", why}});
  departures_.condemn(id, spool::Shelf::In, Rows::None);
}

}  // namespace mail::deliver
