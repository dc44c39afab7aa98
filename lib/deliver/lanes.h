// Lanes: the delivery workers, as the scheduler sees them.
//
// What is to be delivered waits by account; a worker gets one batch of one
// account at a time, accounts taking turns.  A batch goes out as soon as its
// worker is free, but not sooner than 3 ms after the account's last one: what
// comes one by one is gathered then, for each batch is a sync of the disk.
//
//   lanes.add({.message = &message, .account = 7, .targets = {0}});
//   lanes.start(0, head)            when idle(0) and next(0) says 7
//   lanes.receive(0)                when its socket is readable
//   lanes.died(0)                   the batch to be repeated
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "deliver/batch.h"
#include "deliver/consignment.h"
#include "deliver/message.h"

namespace mail::deliver {

// A message on its way into one account.
struct Job {
  Message* message = nullptr;  // lives for as long as it has parcels
  std::uint64_t account = 0;
  std::vector<std::size_t> targets;  // of the message
  Micros since = steady_time();      // it waits for the worker
};

class Lanes {
 public:
  // The scheduler's ends of the workers' socket pairs; they outlive this.
  // `rest`: from one batch of an account to its next.
  explicit Lanes(std::span<const Fd> sockets, Micros rest = 3 * kMillisecond);

  std::size_t count() const { return lanes_.size(); }
  int socket(std::size_t lane) const;

  void add(Job job);

  // Asks the account's worker whether there is room, when it is free.
  void probe(std::uint64_t account);

  // The account whose turn it is; nothing while the worker is busy or
  // nothing waits.
  std::optional<std::uint64_t> next(std::size_t lane);

  // When next() will have an answer that it does not have yet, by the steady
  // clock; nothing when that takes an add() or a receive() first.
  std::optional<Micros> due() const;

  // Sends the account's next batch.
  void start(std::size_t lane, const directory::Account& account);

  // Takes what waits for the account whose turn it is: it is gone.
  std::vector<Job> drop_next(std::size_t lane);

  // Takes the jobs of these messages back that no worker has yet.
  std::vector<Job> withdraw(const Messages& messages);

  struct Answer {
    std::uint64_t account = 0;
    bool full = false;
    std::int64_t room = -1;  // as in BatchResult
    std::vector<Job> jobs;
    std::vector<ParcelResult> results;  // of each job
  };
  // Nothing when no answer to our batch is there.
  std::optional<Answer> receive(std::size_t lane);

  // The worker died: what it had, for add().  It gets nothing until the next
  // one says that it has started.
  std::vector<Job> died(std::size_t lane);

  std::size_t waiting() const { return waiting_; }

 private:
  struct Rest {
    std::uint64_t account = 0;
    Micros until = 0;  // steady
  };
  struct Lane {
    const Fd* socket = nullptr;
    std::map<std::uint64_t, std::deque<Job>> jobs;  // by account
    std::deque<std::uint64_t> turns;  // accounts with jobs that do not rest
    std::deque<Rest> resting;         // accounts that had a batch just now
    std::set<std::uint64_t> probes;   // accounts to be asked for room
    bool busy = false;
    bool dead = false;
    std::uint64_t number = 0;   // of the batch out, or the last one
    std::uint64_t account = 0;
    std::vector<Job> batch;
    Micros begun = 0;           // when it went out; steady

    bool has_work(std::uint64_t one) const;
    void end_rests(Micros now);
  };
  Lane& lane_of(std::uint64_t account);
  void queue_turn(Lane& lane, std::uint64_t account);
  std::vector<Parcel> load(Lane& lane, std::deque<Job>& jobs);

  std::vector<Lane> lanes_;
  const Micros rest_;
  std::size_t waiting_ = 0;
  std::string buffer_;
};

}  // namespace mail::deliver
