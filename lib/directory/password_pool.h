// PasswordPool: checks password hashes, at most one at a time a core.
//
// A hash takes 30 ms and 19 MiB, so what waits is bounded.  Addresses take
// turns, so that one that guesses does not hold up the others; when the
// queue is full, the address with the most questions loses its newest one to
// an address that has fewer.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"

namespace mail::directory {

class PasswordPool {
 public:
  struct Job {
    std::uint64_t ticket = 0;
    std::string address;  // who waits for it
    std::string hash;
    std::string password;
  };
  enum class Verdict { Right, Wrong, Dropped };
  struct Outcome {
    std::uint64_t ticket = 0;
    Verdict verdict = Verdict::Wrong;
  };

  explicit PasswordPool(std::size_t threads, std::size_t capacity = 64);
  ~PasswordPool();

  // False when there is no room.
  bool submit(Job job);

  // What is done; `done()` is readable when there may be something.
  std::vector<Outcome> take();
  int done() const { return done_.number(); }

 private:
  using Queues = std::map<std::string, std::deque<Job>>;

  void work();
  bool make_room(const std::string& newcomer);
  std::optional<Job> next();
  void report(Outcome outcome);

  const std::size_t capacity_;
  Fd done_;  // an eventfd
  std::mutex mutex_;
  std::condition_variable more_;
  Queues queues_;
  std::size_t queued_ = 0;
  std::string last_;  // the address that was served last
  std::vector<Outcome> outcomes_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace mail::directory
