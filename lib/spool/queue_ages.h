// QueueAges: how old is what is in the queue.
//
//   AgeTable ages(AgesBy::Domain, wall_time());
//   ages.add(message);  // each
//   ages.rows()
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/clock.h"
#include "spool/queue_control.h"

namespace mail::spool {

// Recipients, by the ages of their messages.
struct QueueAges {
  // Up to 5, 10, 20 ... 1280 minutes, and above.
  static constexpr std::size_t kBuckets = 10;
  static Micros bound(std::size_t bucket);  // of the first nine
  std::int64_t all = 0;
  std::array<std::int64_t, kBuckets> by_age{};
};

enum class AgesBy { Domain, Site, Sender };

class AgeTable {
 public:
  AgeTable(AgesBy by, Micros now) : by_(by), now_(now) {}

  // Those of its recipients that are in `all`.
  void add(const QueueMessage& message);

  // By domain of the recipients, by site, or by domain of the senders.
  const std::map<std::string, QueueAges>& rows() const { return rows_; }

 private:
  AgesBy by_;
  Micros now_;
  std::map<std::string, QueueAges> rows_;
};

}  // namespace mail::spool
