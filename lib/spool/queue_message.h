// QueueMessage: a message of the queue as an administrator sees it.
//
// Made of rows of queue.db (spool/queue_reader.h), or told by the scheduler
// of what it has in hand (spool/queue_control.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "spool/queue_filter.h"

namespace mail::spool {

struct QueueRecipient {
  std::string address;
  std::string state;     // active, deferred, done, failed
  int attempts = 0;
  Micros next_at = 0;    // 0: not planned
  std::string last;      // what the last attempt came to
  int n = 0;
  std::string site;      // where it was tried; empty: nowhere, or here
  std::string history;   // spool/attempts.h; not of what is in hand
};

struct QueueMessage {
  std::string id;
  std::string state;     // active, deferred, held, failed
  std::string sender;    // empty: the null sender
  std::uint64_t account = 0;
  std::int64_t size = 0;
  Micros arrived = 0;
  Micros expires = 0;
  bool stored = true;    // has rows in queue.db
  std::vector<QueueRecipient> all;  // those that are not done
};

// Whether it is meant, with all its recipients there; leaves those in `all`
// that fit.
bool keep_matching(QueueMessage& message, const QueueFilter& filter);

}  // namespace mail::spool
