// QueueControl: what an administrator asks the scheduler, and its answers.
//
//   QueueClient queue(settings.queue_control());
//   queue.each({.state = "deferred"}, [](const QueueMessage& m) {...});
//   queue.change("retry", {id, id});
//
// On the wire: SOCK_SEQPACKET, one packet a question and one an answer, each
// of lines of fields (spool/fields.h), so that the scheduler keeps nothing
// between two questions.  Long lists are asked for page by page.  A question:
//
//   list AFTER LIMIT state sender recipient     show ID FROM
//   retry ID...   hold ID...   release ID...   delete ID...   status
//
// An answer: "ok" and rows, or "no WHY".
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"

namespace mail::spool {

inline constexpr std::size_t kMaxQueuePacket = 100 << 10;

struct QueueRecipient {
  std::string address;
  std::string state;     // active, deferred, waiting, done, failed
  int attempts = 0;
  Micros next_at = 0;    // 0: not planned
  std::string last;      // what the last attempt came to
};

struct QueueMessage {
  std::string id;
  std::string state;     // active, deferred, waiting, held
  std::string sender;    // empty: the null sender
  std::uint64_t account = 0;
  std::int64_t size = 0;
  Micros arrived = 0;
  Micros expires = 0;
  Micros next_at = 0;    // the first attempt planned; 0: none
  std::int64_t recipients = 0;            // those not done
  std::string why;                        // of one of them
  std::vector<QueueRecipient> all;        // show() only
};

// Empty members match everything.
struct QueueFilter {
  std::string state;
  std::string sender;      // an address or "@domain"
  std::string recipient;   // an address or "@domain"
};

struct QueueStatus {
  std::int64_t arriving = 0;   // known, not yet tried
  std::int64_t active = 0;     // being delivered
  std::int64_t stored = 0;     // in queue.db: deferred, waiting, held
  std::int64_t delivered = 0;  // local deliveries since the start
  std::int64_t bounced = 0;
};

class QueueClient {
 public:
  // Fault when the scheduler does not answer there.
  explicit QueueClient(const std::string& socket_path);

  // Every message of the queue that matches, oldest first.
  Result<void> each(const QueueFilter& filter,
                    const std::function<void(const QueueMessage&)>& use);

  // One message with its recipients; Refusal: no such message.
  Result<QueueMessage> show(std::string_view id);

  // `verb`: retry, hold, release or delete (without a bounce).  How many it
  // was done to; what is being delivered just now is left alone.
  Result<std::int64_t> change(std::string_view verb,
                              const std::vector<std::string>& ids);

  Result<QueueStatus> status();

 private:
  using Rows = std::vector<std::vector<std::string>>;
  Result<Rows> ask(const std::vector<std::string>& question);

  Fd socket_;
};

// For the scheduler's side.
std::string to_line(const QueueMessage& message);
std::string to_line(const QueueRecipient& recipient);
std::string to_line(const QueueStatus& status);

}  // namespace mail::spool
