// Ledger: changes for queue.db, gathered into groups.
//
// A group is written 10 ms after its first change or when it has 256, in one
// transaction.  When that fails, the group is kept and tried again a second
// later; until it is written, nothing that follows from it may happen.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "spool/queue_db.h"

namespace mail::deliver {

class Ledger {
 public:
  explicit Ledger(spool::QueueDb& db) : db_(db) {}

  // The message's rows are to become these; its rows are to go.
  void change(spool::StoredMessage message);
  void done(std::string id);
  // Whether its rows are still there, but only until the next write.
  bool is_done(const std::string& id) const {
    return std::ranges::find(done_, id) != done_.end();
  }
  // One recipient of it is done.
  void finished(const std::string& id, int n);
  // What is to be remembered of sites.
  void remember(std::vector<spool::SiteRow> sites);

  // When to call write(); in steady_time().  Nothing: no change is there.
  std::optional<Micros> due() const;

  // Whether it is time; then writes.  The ids whose change() is on the disk.
  std::vector<std::string> write_when_due();
  std::vector<std::string> write();

  std::size_t size() const {
    return changed_.size() + done_.size() + finished_.size() + sites_.size();
  }

 private:
  void touch();

  spool::QueueDb& db_;
  std::map<std::string, spool::StoredMessage> changed_;
  std::vector<std::string> done_;
  std::vector<std::pair<std::string, int>> finished_;
  std::vector<spool::SiteRow> sites_;
  bool waiting_ = false;  // something is to be written at due_
  Micros due_ = 0;
};

}  // namespace mail::deliver
