// Gathering: what several threads add to one account, in one transaction.
//
// A commit is a sync of the disk, and those of an account come one after the
// other.  Whoever comes meanwhile sleeps; then the first of them does what all
// of them want.  It waits for as many as there were the last time or came
// behind it, for no longer than twice what that took: so sessions that write
// side by side soon do so together.  Waits in vain teach the next ones not to;
// and one that is always alone never waits.
//
//   gathering.run(call);   // a Gathering::Call
//
// One for each account of a process (store/accounts.cc).
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
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
    bool over_ = false;
    std::exception_ptr why_;  // it failed
    const void* connection_;
  };

  // Returns when `call` is done, here or by another thread, which may use our
  // connection for it: the one that wrote last still knows what it wrote.
  // When that throws, this throws the same for all of them: it may be that all
  // of it is done, so it is not tried again.
  void run(Call& call);

  // Whether a call has been alone for a while and would be now.
  bool is_calm() const;

  // Calls that somebody is to do together.
  std::size_t waiting() const;

 private:
  void lead(Call& own, std::unique_lock<std::mutex>& lock);
  void wait_for_others(std::unique_lock<std::mutex>& lock);
  Call& choose(Calls calls, Call& own) const;
  void learn(std::size_t done, Micros took);

  mutable std::mutex mutex_;
  std::condition_variable came_;   // as many as are expected
  std::condition_variable moved_;  // calls are done, or nobody leads
  std::vector<Call*> waiting_;
  bool led_ = false;  // somebody waits or commits for the others
  const void* last_ = nullptr;  // the connection that committed
  std::size_t expected_ = 1;
  Micros patience_ = 0;  // with those expected
  int in_vain_ = 0;      // so many waits, one after the other
  int hasty_ = 0;        // so many commits wait for nobody
  int alone_ = 0;        // so many commits were of one call
};

}  // namespace mail::store
