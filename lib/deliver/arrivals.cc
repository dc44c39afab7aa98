#include "deliver/arrivals.h"

#include <algorithm>
#include <limits>

namespace mail::deliver {
namespace {

constexpr std::size_t kMostUnknown = 100'000;
constexpr std::size_t kMostParked = 100'000;
constexpr std::size_t kFew = 500;
constexpr Micros kFirstPause = 200 * kMillisecond;

}  // namespace

void Arrivals::announce(std::string id) {
  if (fresh_.size() >= kMostUnknown) {
    missed_ = true;
    return;
  }
  fresh_.push_back(std::move(id));
}

void Arrivals::add(std::string id) {
  if (unknown_.size() >= kMostUnknown) {
    missed_ = true;
    return;
  }
  unknown_.push_back(std::move(id));
}

void Arrivals::park(std::uint64_t account, std::string id) {
  if (parked_count_ >= kMostParked) {
    missed_ = true;
    return;
  }
  parked_[account].push_back(std::move(id));
  ++parked_count_;
}

void Arrivals::put_off(const std::string& id, Micros now) {
  Micros& pause = pauses_[id];
  pause = std::clamp(2 * pause, kFirstPause, kMinute);
  put_off_.insert({now + pause, id});
}

void Arrivals::wake(Micros now) {
  while (!put_off_.empty() && put_off_.begin()->first <= now) {
    add(put_off_.extract(put_off_.begin()).value().second);
  }
}

Micros Arrivals::due() const {
  if (!unknown_.empty() || !fresh_.empty()) return 0;
  return put_off_.empty() ? std::numeric_limits<Micros>::max()
                          : put_off_.begin()->first;
}

std::optional<std::string> Arrivals::next(
    const std::function<bool(std::uint64_t account)>& may_have) {
  std::optional<std::string> id;
  for (int i = 0; i < 3 && !id; ++i) {
    turn_ = (turn_ + 1) % 3;
    id = turn_ == 0   ? first_of(fresh_)
         : turn_ == 1 ? next_parked(may_have)
                      : first_of(unknown_);
  }
  return id;
}

std::optional<std::string> Arrivals::first_of(Ids& ids) {
  if (ids.empty()) return {};
  std::string id = std::move(ids.front());
  ids.pop_front();
  return id;
}

std::optional<std::string> Arrivals::next_parked(
    const std::function<bool(std::uint64_t account)>& may_have) {
  // Once round, from behind the last one on.
  auto at = parked_.upper_bound(last_);
  for (std::size_t i = 0; i < parked_.size(); ++i) {
    if (at == parked_.end()) at = parked_.begin();
    if (may_have(at->first)) {
      last_ = at->first;
      std::string id = std::move(at->second.front());
      at->second.pop_front();
      --parked_count_;
      if (at->second.empty()) parked_.erase(at);
      return id;
    }
    ++at;
  }
  return {};
}

std::set<std::string> Arrivals::all() const {
  std::set<std::string> all(unknown_.begin(), unknown_.end());
  all.insert(fresh_.begin(), fresh_.end());
  for (const auto& [account, ids] : parked_) all.insert(ids.begin(), ids.end());
  for (const auto& [due, id] : put_off_) all.insert(id);
  return all;
}

bool Arrivals::wants_scan() const {
  return missed_ && unknown_.size() < kFew && parked_count_ < kMostParked / 2;
}

}  // namespace mail::deliver
