#include "deliver/due_pass.h"

#include <algorithm>
#include <utility>

#include "base/attempt.h"
#include "base/log.h"

namespace mail::deliver {
namespace {

constexpr int kPage = 256;
constexpr Micros kEvery = 30 * kSecond;
constexpr Micros kLeastBetween = 10 * kMillisecond;

}  // namespace

void DuePass::hurry(Micros delay) {
  next_ = std::min(next_, steady_time() + delay);
}

void DuePass::run(const std::function<bool(const spool::DueRow&)>& use) {
  const Micros now = wall_time();
  Micros next = now + kEvery;
  const auto done = attempt([&] { next = read(now, use); });
  if (!done) {
    log_error("queue-read-failed", {{"reason", done.error().why}});
    db_.expect_sound();
    const auto fresh = attempt([&] { db_.reopen(); });
    next = now + (fresh ? kSecond : kEvery);
  }
  next_ = steady_time() + std::max(next - now, kLeastBetween);
}

// When the next page is due, in wall time.
Micros DuePass::read(Micros now,
                     const std::function<bool(const spool::DueRow&)>& use) {
  const auto rows = db_.due(now, cursor_, kPage);
  for (const auto& row : rows) {
    if (!use(row)) again_ = true;
  }
  // Values that do not sort as they read would be the next page once more.
  const bool further = !rows.empty() && rows.back() != cursor_;
  if (rows.size() == kPage && further) {
    cursor_ = rows.back();
    return now;
  }
  cursor_ = {};
  const bool again = std::exchange(again_, false);
  const Micros next = now + (again ? kSecond : kEvery);
  return std::min(next, db_.next_due(now).value_or(next));
}

}  // namespace mail::deliver
