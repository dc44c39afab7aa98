// DuePass: goes through what is due in queue.db, page by page.
//
// What cannot begin now is passed over, and met again in the next pass: so
// nothing waits behind it, and nothing is kept of it.
#pragma once

#include <functional>

#include "base/clock.h"
#include "spool/queue_db.h"

namespace mail::deliver {

class DuePass {
 public:
  explicit DuePass(spool::QueueDb& db) : db_(db) {}

  // When to call run(); in steady_time().
  Micros due() const { return next_; }
  void hurry(Micros delay = 0);

  // A page: `use` is given each row, and says whether it is done with it.
  // Trouble is logged, and passes or not.
  void run(const std::function<bool(const spool::DueRow&)>& use);

 private:
  Micros read(Micros now, const std::function<bool(const spool::DueRow&)>& use);

  spool::QueueDb& db_;
  spool::DueRow cursor_;
  bool again_ = false;  // some were passed over
  Micros next_ = 0;
};

}  // namespace mail::deliver
