// QueueDesk: what administrators do to messages that rest in the queue.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
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

  // To how many it was done.  After a Fault, what was to be deleted may be so
  // by half: finish_removals() brings that to its end.
  std::int64_t change(spool::QueueVerb verb, const Targets& targets);

  // What was on its way out when a scheduler before us died, or trouble came;
  // but for what somebody else is busy with.  Fault when some of it is still
  // there: later.
  using Busy = std::function<bool(const std::string& id)>;
  void finish_removals(const Busy& busy);

 private:
  std::int64_t hold(const Targets& targets);
  std::int64_t release(const Targets& targets);
  std::int64_t give_up(const Targets& targets, const spool::GivenUp& why);
  std::int64_t remove(const Targets& targets);
  void remove_messages(const std::vector<std::string>& ids);
  bool remove_file(const std::string& id);

  spool::QueueDb& db_;
  spool::Shelves& shelves_;
};

}  // namespace mail::deliver
