// The scheduler's front door: ids from smtpd, names found in the spool.

#include <algorithm>

#include "base/attempt.h"
#include "base/log.h"
#include "deliver/scheduler.h"

namespace mail::deliver {
namespace {

constexpr std::size_t kFewArriving = 1'000;
constexpr std::size_t kOpenAtOnce = 64;

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
    const auto in_hand = [&](const std::string& id) {
      return busy_with(id) || known.contains(id);
    };
    for (auto& id : shelves_.scan(wall_time(), in_hand)) {
      if (db_.has(id)) {
        departures_.move(id, spool::Shelf::In,
                         db_.is_held(id) ? spool::Shelf::Hold
                                         : spool::Shelf::Deferred);
      } else {
        arrivals_.add(std::move(id));
      }
    }
  });
  if (!done) log_error("scan-failed", {{"reason", done.error().why}});
}

void Scheduler::open_arrivals() {
  if (steady_time() < next_.opening) return;
  const auto may_have = [this](std::uint64_t account) {
    return shares_.may_take(account);
  };
  for (std::size_t i = 0; i < kOpenAtOnce; ++i) {
    const auto id = arrivals_.next(may_have);
    if (!id) break;
    if (busy_with(*id)) continue;
    const auto done = attempt([&] { open_arrival(*id); });
    if (done) continue;
    log_error("open-failed", {{"id", *id}, {"reason", done.error().why}});
    arrivals_.add(*id);
    next_.opening = steady_time() + kAfterTrouble;
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
