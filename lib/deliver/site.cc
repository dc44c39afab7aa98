#include "deliver/site.h"

#include <algorithm>

#include "base/random.h"

namespace mail::deliver {
namespace {

constexpr double kMostFailures = 2;
constexpr Micros kFirstDeath = kMinute;
constexpr Micros kLongestDeath = kHour;

}  // namespace

// After its death, one message tries; until it is known to live.
bool Site::may_start(Micros now) const {
  if (is_dead(now)) return false;
  if (deaths_ > 0) return busy == 0;
  return busy < static_cast<std::size_t>(window_.size());
}

bool Site::fared_well() {
  window_.succeeded();
  failures_ = 0;
  failed_ = 0;
  if (deaths_ == 0) return false;
  revive();
  return true;
}

void Site::revive() {
  deaths_ = 0;
  failures_ = 0;
  dead_until_ = 0;
}

bool Site::was_busy(Micros now, const std::string& why) {
  why_ = why;
  if (window_.size() > 1 && deaths_ == 0) {
    window_.refused();
    return false;
  }
  // Not even one connection: as good as not there.
  return was_dead(now, why);
}

bool Site::was_dead(Micros now, const std::string& why) {
  why_ = why;
  ++failed_;
  if (is_dead(now)) return false;
  failures_ += 1.0 / static_cast<double>(window_.size());
  if (deaths_ == 0 && failures_ < kMostFailures - 1e-9) return false;
  return die(now);
}

bool Site::barred_us(Micros now, const std::string& why) {
  why_ = why;
  ++failed_;
  return !is_dead(now) && die(now);
}

bool Site::die(Micros now) {
  const int doublings = std::min(deaths_, 6);
  const Micros length =
      std::min(kFirstDeath * (Micros{1} << doublings), kLongestDeath);
  ++deaths_;
  failures_ = 0;
  // Sites that died together are not tried together.
  dead_until_ = now + length * (9'000 + random_below(2'001)) / 10'000;
  return true;
}

void Site::restore(std::int64_t window, int deaths, Micros dead_until,
                   std::string why) {
  window_.set(window);
  deaths_ = deaths;
  dead_until_ = dead_until;
  why_ = std::move(why);
}

}  // namespace mail::deliver
