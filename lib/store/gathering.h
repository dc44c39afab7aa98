// Gathering: what several threads add to one account, in one transaction.
//
// A commit is a sync of the disk, and those of an account come one after the
// other.  Whoever comes meanwhile sleeps; then the first of them does what all
// of them want.  It waits for as many as there were the last time, for no
// longer than twice what that commit took: so sessions that write side by side
// soon do so together, and one that is alone never waits.
//
//   gathering.run(call);   // a Gathering::Call
//
// One for each account of a process (store/accounts.cc).
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <vector>

#include "base/clock.h"

namespace mail::store {

class Gathering {
 public:
  class Call;
  using Calls = std::span<Call* const>;

  // What a thread wants done.
  class Call {
   public:
    // `connection`: what commit() uses, to be compared only.
    explicit Call(const void* connection) : connection_(connection) {}
    virtual ~Call() = default;

    // Does all of these in one transaction, or throws.
    virtual void commit(Calls calls) = 0;

   private:
    friend class Gathering;
    enum class State { Waits, Done, Failed } state_ = State::Waits;
    const void* connection_;
  };

  // Returns when `call` is done, here or by another thread, which may use our
  // connection for it: the one that wrote last still knows what it wrote.
  // When that throws, it throws there, and a Fault here: it may be that all of
  // it is done, so it is not tried again.
  void run(Call& call);

  // Calls that somebody is to do together.
  std::size_t waiting() const;

 private:
  void lead(Call& own, std::unique_lock<std::mutex>& lock);
  Call& choose(Calls calls, Call& own) const;

  mutable std::mutex mutex_;
  std::condition_variable came_;   // as many as are expected
  std::condition_variable moved_;  // calls are done, or nobody leads
  std::vector<Call*> waiting_;
  std::size_t expected_ = 1;
  bool led_ = false;  // somebody waits or commits for the others
  const void* last_ = nullptr;  // the connection that committed
  Micros patience_ = 0;         // with those expected
};

}  // namespace mail::store
