#include "store/gathering.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/fault.h"

namespace mail::store {
namespace {

// What waiting for others is worth: so many times the commit that it saves,
// for it is shorter than their way through client and network.
constexpr int kWorth = 2;
constexpr Micros kMostPatience = 10 * kMillisecond;

}  // namespace

void Gathering::run(Call& call) {
  using State = Call::State;
  std::unique_lock lock(mutex_);
  waiting_.push_back(&call);
  if (waiting_.size() == expected_) came_.notify_one();
  moved_.wait(lock, [&] { return call.state_ != State::Waits || !led_; });
  if (call.state_ == State::Waits) return lead(call, lock);
  if (call.state_ == State::Failed) throw Fault("a commit for several failed");
}

std::size_t Gathering::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

Gathering::Call& Gathering::choose(Calls calls, Call& own) const {
  const auto last = std::ranges::find(calls, last_, &Call::connection_);
  return last == calls.end() ? own : **last;
}

void Gathering::lead(Call& own, std::unique_lock<std::mutex>& lock) {
  using State = Call::State;
  led_ = true;
  came_.wait_for(lock, std::chrono::microseconds(patience_),
                 [&] { return waiting_.size() >= expected_; });
  const std::vector<Call*> calls = std::exchange(waiting_, {});
  Call& chosen = choose(calls, own);
  lock.unlock();
  struct End {
    Gathering& gathering;
    std::unique_lock<std::mutex>& lock;
    const std::vector<Call*>& calls;
    Call& chosen;
    bool done = false;
    Micros began = steady_time();
    ~End() {
      const Micros took = steady_time() - began;
      lock.lock();
      const State state = done ? State::Done : State::Failed;
      for (Call* call : calls) call->state_ = state;
      gathering.expected_ = calls.size() + gathering.waiting_.size();
      gathering.patience_ = std::min(kWorth * took, kMostPatience);
      gathering.last_ = chosen.connection_;
      gathering.led_ = false;
      gathering.moved_.notify_all();
    }
  } end{*this, lock, calls, chosen};
  chosen.commit(calls);
  end.done = true;
}

}  // namespace mail::store
