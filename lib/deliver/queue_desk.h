// QueueDesk: what administrators do to messages that rest in the queue.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "spool/queue_control.h"
#include "spool/queue_db.h"
#include "spool/shelves.h"

namespace mail::deliver {

// Of Expire and Bounce: what the senders read.
const spool::GivenUp& reason_of(spool::QueueVerb verb);

class QueueDesk {
 public:
  using Targets = std::vector<spool::QueueTarget>;
  // Whether somebody else has its file in hand: it is left alone.
  using Busy = std::function<bool(const std::string& id)>;
  QueueDesk(spool::QueueDb& db, spool::Shelves& shelves, Busy busy)
      : db_(db), shelves_(shelves), busy_(std::move(busy)) {}

  // To how many it was done.  After a Fault, what was to be deleted may be so
  // by half: finish_removals() brings that to its end.
  std::int64_t change(spool::QueueVerb verb, const Targets& targets);

  // Whose files could not be moved to where they belong by now.  That does
  // their rows no harm, and they keep nothing else.
  const std::vector<std::string>& strays() const { return strays_; }

  // What was on its way out when a scheduler before us died, or trouble came.
  // Fault when some of it is still there: later.
  void finish_removals();

 private:
  std::int64_t hold(const Targets& targets);
  std::int64_t release(const Targets& targets);
  std::int64_t give_up(const Targets& targets, const spool::GivenUp& why);
  std::int64_t remove(const Targets& targets);
  void place(const std::vector<std::string>& ids, spool::Shelf from,
             spool::Shelf to);
  void remove_messages(const std::vector<std::string>& ids);
  Result<void> remove_file(const std::string& id);

  spool::QueueDb& db_;
  spool::Shelves& shelves_;
  Busy busy_;
  std::vector<std::string> strays_;
};

}  // namespace mail::deliver
