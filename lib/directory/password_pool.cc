#include "directory/password_pool.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/fault.h"
#include "directory/argon2.h"

namespace mail::directory {

PasswordPool::PasswordPool(std::size_t threads, std::size_t capacity)
    : capacity_(capacity), done_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!done_) throw_errno("eventfd");
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { work(); });
  }
}

PasswordPool::~PasswordPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  more_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool PasswordPool::submit(Job job) {
  const std::lock_guard lock(mutex_);
  if (queued_ >= capacity_ && !make_room(job.address)) return false;
  queues_[job.address].push_back(std::move(job));
  ++queued_;
  more_.notify_one();
  return true;
}

bool PasswordPool::make_room(const std::string& newcomer) {
  const auto own = queues_.find(newcomer);
  const std::size_t mine = own == queues_.end() ? 0 : own->second.size();
  const auto most = std::ranges::max_element(
      queues_, {}, [](const auto& queue) { return queue.second.size(); });
  if (most == queues_.end() || most->second.size() <= mine + 1) return false;
  report({most->second.back().ticket, Verdict::Dropped});
  most->second.pop_back();
  --queued_;
  return true;
}

// The oldest job of the address behind the one that was served last.
std::optional<PasswordPool::Job> PasswordPool::next() {
  if (queues_.empty()) return std::nullopt;
  auto turn = queues_.upper_bound(last_);
  if (turn == queues_.end()) turn = queues_.begin();
  last_ = turn->first;
  Job job = std::move(turn->second.front());
  turn->second.pop_front();
  if (turn->second.empty()) queues_.erase(turn);
  --queued_;
  return job;
}

void PasswordPool::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto job = next();
    if (!job) {
      more_.wait(lock);
      continue;
    }
    lock.unlock();
    const bool right = argon2_matches(job->hash, job->password);
    lock.lock();
    report({job->ticket, right ? Verdict::Right : Verdict::Wrong});
  }
}

void PasswordPool::report(Outcome outcome) {
  outcomes_.push_back(outcome);
  eventfd_write(done_.number(), 1);
}

std::vector<PasswordPool::Outcome> PasswordPool::take() {
  const std::lock_guard lock(mutex_);
  eventfd_t count = 0;
  eventfd_read(done_.number(), &count);
  return std::exchange(outcomes_, {});
}

}  // namespace mail::directory
