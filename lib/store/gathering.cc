#include "store/gathering.h"

#include <algorithm>
#include <chrono>
#include <utility>


namespace mail::store {
namespace {

// What waiting for others is worth: so many times the commit that it saves,
// for it is shorter than their way through client and network.
constexpr int kWorth = 2;
constexpr Micros kMostPatience = 10 * kMillisecond;
// Behind so many waits in vain, so many commits wait for nobody.
constexpr int kInVain = 4;
constexpr int kHasty = 32;
// So many commits of one call, and nobody behind them, make it calm.
constexpr int kCalm = 8;

}  // namespace

void Gathering::run(Call& call) {
  std::unique_lock lock(mutex_);
  waiting_.push_back(&call);
  if (waiting_.size() == expected_) came_.notify_one();
  moved_.wait(lock, [&] { return call.over_ || !led_; });
  if (!call.over_) lead(call, lock);
  if (call.why_) std::rethrow_exception(call.why_);
}

bool Gathering::is_calm() const {
  const std::lock_guard lock(mutex_);
  return !led_ && alone_ >= kCalm;
}

std::size_t Gathering::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void Gathering::wait_for_others(std::unique_lock<std::mutex>& lock) {
  if (hasty_ > 0) {
    --hasty_;
    return;
  }
  if (waiting_.size() >= expected_) return;
  const std::size_t before = waiting_.size();
  came_.wait_for(lock, std::chrono::microseconds(patience_),
                 [&] { return waiting_.size() >= expected_; });
  in_vain_ = waiting_.size() == before ? in_vain_ + 1 : 0;
  if (in_vain_ == kInVain) {
    in_vain_ = 0;
    hasty_ = kHasty;
  }
}

Gathering::Call& Gathering::choose(Calls calls, Call& own) const {
  const auto last = std::ranges::find(calls, last_, &Call::connection_);
  return last == calls.end() ? own : **last;
}

void Gathering::learn(std::size_t done, Micros took) {
  expected_ = done + waiting_.size();
  alone_ = expected_ == 1 ? std::min(alone_ + 1, kCalm) : 0;
  patience_ = std::min(kWorth * took, kMostPatience);
}

void Gathering::lead(Call& own, std::unique_lock<std::mutex>& lock) {
  led_ = true;
  wait_for_others(lock);
  const std::vector<Call*> calls = std::exchange(waiting_, {});
  Call& chosen = choose(calls, own);
  lock.unlock();
  const Micros began = steady_time();
  std::exception_ptr why;
  try {
    chosen.commit(calls);
  } catch (...) {
    why = std::current_exception();
  }
  const Micros took = steady_time() - began;
  lock.lock();
  learn(calls.size(), took);
  last_ = why ? nullptr : chosen.connection_;
  for (Call* call : calls) {
    call->over_ = true;
    call->why_ = why;
  }
  led_ = false;
  moved_.notify_all();
}

}  // namespace mail::store
