// QueueReader: looks into queue.db, for the administrator's tool.
//
//   QueueReader queue(settings.queue_db());
//   queue.each(filter, [](const QueueMessage& m) {...});
//
// Beside the scheduler, which is neither asked nor held up: readers of a
// write-ahead log block nobody, and a list is one moment's state.  Two scans
// side by side, of messages and of recipients, both in the order of ids: a
// million rows take about a second, whatever the filter.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"
#include "spool/queue_control.h"
#include "spool/queue_filter.h"
#include "spool/queue_rows.h"

namespace mail::spool {

class QueueReader {
 public:
  // Fault when there is no such database.
  explicit QueueReader(const std::string& path);

  // Every stored message that matches, oldest first, with the recipients
  // that fit.  `active`: messages in hand, whose state that is.
  void each(const QueueFilter& filter, const std::set<std::string>& active,
            const std::function<void(const QueueMessage&)>& use);

  bool has(const std::string& id);

  // One message with all its recipients and what was tried.
  std::optional<QueueMessage> show(const std::string& id);

  struct Site {
    SiteRow row;                  // its name left out
    std::int64_t recipients = 0;  // that wait for it
    Micros next_at = 0;           // of the first of them
  };
  // By name: those remembered, and those that mail waits for.
  std::map<std::string, Site, std::less<>> sites();
  std::vector<Suspension> suspensions(Micros now);
  std::vector<HoldRule> rules();
  std::vector<Suppression> suppressions(Micros now);

 private:
  struct Range;
  void scan(const Range& range, const QueueFilter& filter,
            const std::set<std::string>& active,
            const std::function<void(const QueueMessage&)>& use);

  db::Database db_;
};

}  // namespace mail::spool
