#include "net/pool.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"

namespace mail::net {
namespace {

constexpr std::size_t kStack = 256 << 10;
constexpr int kAtOnce = 2;       // threads that are made without waiting
constexpr Millis kPatience = 1;  // before another thread is made
constexpr auto kIdle = std::chrono::seconds(10);

Millis now_millis() { return steady_time() / kMillisecond; }

}  // namespace

struct Pool::Group {
  std::uint64_t key = 0;
  int at_once = 0;
  int members = 0;
  int running = 0;
  Task* first = nullptr;  // who waits for its turn
  Task* last = nullptr;

  void push(Task& task) {
    task.next_in_group = nullptr;
    (last ? last->next_in_group : first) = &task;
    last = &task;
  }
  Task* pop() {
    Task* task = first;
    first = task->next_in_group;
    if (first == nullptr) last = nullptr;
    return task;
  }
};

Pool::Pool(int threads, std::function<void(Task&, Scratch&)> run,
           std::function<void()> pressure)
    : most_(std::max(threads, 1)),
      run_(std::move(run)),
      pressure_(std::move(pressure)) {}

Pool::~Pool() { stop(kNever); }

void Pool::join(Task& task, std::uint64_t key, int at_once) {
  leave(task);
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Group>& group = groups_[key];
  if (!group) {
    group = std::make_unique<Group>();
    group->key = key;
    group->at_once = std::max(at_once, 1);
  }
  ++group->members;
  if (task.running) ++group->running;
  task.group = group.get();
}

void Pool::leave(Task& task) {
  const std::lock_guard lock(mutex_);
  Group* group = std::exchange(task.group, nullptr);
  if (group == nullptr) return;
  if (task.running) {
    --group->running;
    release(*group);
  }
  if (--group->members == 0) groups_.erase(group->key);
}

void Pool::submit(Task& task) {
  bool pressed = false;
  Idle* chosen = nullptr;
  {
    const std::lock_guard lock(mutex_);
    Group* group = task.group;
    if (group != nullptr && group->running >= group->at_once) {
      group->push(task);
      return;
    }
    const int before = waiting_;
    chosen = offer(task);
    pressed = before == 0 && waiting_ > 0;
  }
  // Woken without the lock: it would only wait for it.
  if (chosen != nullptr) chosen->wake.notify_one();
  if (pressed) pressure_();
}

// Gives the task to an idle thread, which is to be woken, or puts it in line
// for one.
Pool::Idle* Pool::offer(Task& task) {
  task.running = true;
  if (task.group != nullptr) ++task.group->running;
  task.queued_at = now_millis();
  if (!idle_.empty()) {
    Idle* idle = idle_.back();
    idle_.pop_back();
    idle->task = &task;
    idle->told = true;
    return idle;
  }
  ready_.push_back(&task);
  ++waiting_;
  if (may_grow(std::min(kAtOnce, most_))) add_thread();
  return nullptr;
}

void Pool::finished(Task& task) {
  const std::lock_guard lock(mutex_);
  task.running = false;
  if (task.group == nullptr) return;
  --task.group->running;
  release(*task.group);
}

Millis Pool::tick(Millis now) {
  const std::lock_guard lock(mutex_);
  if (ready_.empty()) return -1;
  const Millis waited = now - ready_.front()->queued_at;
  if (waited >= kPatience && may_grow(most_)) add_thread();
  return std::max<Millis>(waited, 0);
}

bool Pool::stop(Millis at_most) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  for (Idle* idle : std::exchange(idle_, {})) {
    idle->told = true;
    idle->wake.notify_one();
  }
  const auto none = [this] { return threads_ == 0; };
  if (at_most == kNever) {
    gone_.wait(lock, none);
    return true;
  }
  return gone_.wait_for(lock, std::chrono::milliseconds(at_most), none);
}

void* Pool::thread_body(void* pool) {
  static_cast<Pool*>(pool)->work();
  return nullptr;
}

void Pool::work() {
  Scratch scratch;
  std::unique_lock lock(mutex_);
  Idle& seat = take_seat();
  while (Task* task = next(lock, seat)) {
    lock.unlock();
    run_(*task, scratch);
    lock.lock();
  }
  free_seats_.push_back(&seat);
  --threads_;
  gone_.notify_all();
}

Pool::Idle& Pool::take_seat() {
  if (free_seats_.empty()) return seats_.emplace_back();
  Idle& seat = *free_seats_.back();
  free_seats_.pop_back();
  return seat;
}

// The next task for this thread; none: the thread is to leave.
Pool::Task* Pool::next(std::unique_lock<std::mutex>& lock, Idle& self) {
  if (!ready_.empty()) {
    Task* task = ready_.front();
    ready_.pop_front();
    --waiting_;
    return task;
  }
  if (stopping_) return nullptr;
  self.told = false;
  self.task = nullptr;
  idle_.push_back(&self);
  self.wake.wait_for(lock, kIdle, [&] { return self.told; });
  if (!self.told) std::erase(idle_, &self);
  return self.task;
}

// Lets those run whose turn has come.
void Pool::release(Group& group) {
  while (group.first != nullptr && group.running < group.at_once) {
    Idle* chosen = offer(*group.pop());
    if (chosen != nullptr) chosen->wake.notify_one();
  }
}

// `most` of those that are not away.
bool Pool::may_grow(int most) const {
  return threads_ - std::min<int>(away_, kMostAway) < most;
}

Pool::Away::Away(Pool& pool) : pool_(pool) { ++pool_.away_; }
Pool::Away::~Away() { --pool_.away_; }

void Pool::add_thread() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStack);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  const int result = pthread_create(&thread, &attributes, thread_body, this);
  pthread_attr_destroy(&attributes);
  if (result == 0) {
    ++threads_;
    return;
  }
  log_error("no-thread", {{"errno", result}, {"threads", threads_}});
}

}  // namespace mail::net
