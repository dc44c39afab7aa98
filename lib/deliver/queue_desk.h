// QueueDesk: what administrators do to messages that rest in the queue.
#pragma once

#include <cstdint>
#include <vector>

#include "spool/queue_control.h"
#include "spool/queue_db.h"
#include "spool/shelves.h"

namespace mail::deliver {

// Of Expire and Bounce: what the senders read.
const spool::GivenUp& reason_of(spool::QueueVerb verb);

class QueueDesk {
 public:
  using Targets = std::vector<spool::QueueTarget>;
  QueueDesk(spool::QueueDb& db, spool::Shelves& shelves)
      : db_(db), shelves_(shelves) {}

  // To how many it was done.
  std::int64_t change(spool::QueueVerb verb, const Targets& targets);

  // What was on its way out when a scheduler before us died.
  void finish_removals();

 private:
  std::int64_t hold(const Targets& targets);
  std::int64_t release(const Targets& targets);
  std::int64_t give_up(const Targets& targets, const spool::GivenUp& why);
  std::int64_t remove(const Targets& targets);
  void remove_files(const std::vector<std::string>& ids);

  spool::QueueDb& db_;
  spool::Shelves& shelves_;
};

}  // namespace mail::deliver
