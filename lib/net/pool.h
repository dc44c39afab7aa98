// Pool: threads that do what there is to do, as many as it takes.
//
// Work waits in order.  Tasks of one group (an account, an address) run on a
// few threads at once at most; the rest of them wait their turn without
// holding up others.  A thread is added when work has waited for a
// millisecond and none is idle; the one that was idle last is used first, so
// that the others can leave.  A thread that waits for a peer is asleep: for a
// while another one may be made in its place, so that peers who never read
// hold up nobody else.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/timer_heap.h"

namespace mail::net {

class Pool {
 public:
  struct Group;

  // Something to be done; what it is knows the caller.
  struct Task {
    Task* next_in_group = nullptr;
    Group* group = nullptr;
    Millis queued_at = 0;
    bool running = false;  // counted in its group
  };

  // While it lives, its thread waits for a peer.
  class Away {
   public:
    explicit Away(Pool& pool);
    ~Away();
    Away(const Away&) = delete;
    Away& operator=(const Away&) = delete;

   private:
    Pool& pool_;
  };

  // What a thread works with; a task finds it in any state.
  struct Scratch {
    std::vector<char> input;
    std::string output;
  };

  // `run` does a task on one of at most `threads` threads and calls
  // finished() before the task can be submitted again; `pressure` is
  // called when work has begun to wait, by whoever submitted it: then tick()
  // must be called within a millisecond or so.
  Pool(int threads, std::function<void(Task&, Scratch&)> run,
       std::function<void()> pressure);
  ~Pool();

  // Puts a task into the group of this key, or into another one.
  void join(Task& task, std::uint64_t key, int at_once);
  void leave(Task& task);

  // Has the task run once.  It must not be submitted again before it runs.
  void submit(Task& task);

  // The task needs no thread any more.
  void finished(Task& task);

  // Adds a thread if work has waited long enough for one.  Returns how long
  // the first task in line has waited; -1 when none does.
  Millis tick(Millis now);

  // Whether something waits for a thread.
  bool busy() const { return waiting_.load(std::memory_order_relaxed) > 0; }

  // Whether work waits because too many threads are away: then it is not for
  // them to wait long.
  bool deserted() const { return busy() && away_ >= kMostAway; }

  // Ends the threads once nothing is left to do; false when that takes
  // longer than `at_most` milliseconds.
  bool stop(Millis at_most);

 private:
  static constexpr int kMostAway = 256;

  // Where a thread waits.  It outlives the thread, for it is woken without
  // the lock.
  struct Idle {
    std::condition_variable wake;
    Task* task = nullptr;
    bool told = false;
  };

  static void* thread_body(void* pool);
  void work();
  Idle& take_seat();
  Task* next(std::unique_lock<std::mutex>& lock, Idle& self);
  Idle* offer(Task& task);
  void release(Group& group);
  bool may_grow(int most) const;
  void add_thread();

  const int most_;
  const std::function<void(Task&, Scratch&)> run_;
  const std::function<void()> pressure_;
  std::mutex mutex_;
  std::condition_variable gone_;
  std::deque<Task*> ready_;
  std::deque<Idle> seats_;
  std::vector<Idle*> free_seats_;
  std::vector<Idle*> idle_;  // the one that came last is used first
  std::unordered_map<std::uint64_t, std::unique_ptr<Group>> groups_;
  std::atomic<int> waiting_ = 0;
  std::atomic<int> away_ = 0;
  int threads_ = 0;
  bool stopping_ = false;
};

}  // namespace mail::net
