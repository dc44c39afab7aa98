// Worker: the loop of a delivery worker.
//
// Takes batches from its socket, gives each to the Mailman, answers, and
// looks after its accounts when there is nothing to deliver.  Leaves on
// SIGTERM, the batch in hand done.
#pragma once

#include <cstddef>

#include "base/fd.h"
#include "config/settings.h"
#include "deliver/announcement.h"
#include "deliver/batch.h"
#include "deliver/mailman.h"
#include "deliver/upkeep.h"
#include "store/accounts.h"

namespace mail::deliver {

class Worker {
 public:
  struct Place {
    std::size_t number = 0;
    std::size_t count = 1;
    const Fd& socket;  // SOCK_SEQPACKET to the scheduler
    Announcements& announcements;
  };
  // Opens all it needs outside of accounts/: the cage may close behind it.
  Worker(const config::Settings& settings, const Place& place);

  // Until SIGTERM; says first that it has started.
  int run();

  // One batch from the socket, which is readable; for run().
  void serve();

 private:
  bool wait(int milliseconds);
  void answer(const BatchResult& result);

  Place place_;
  store::Accounts accounts_;
  Mailman mailman_;
  Upkeep upkeep_;
  Fd stop_;
  std::string buffer_;
};

}  // namespace mail::deliver
