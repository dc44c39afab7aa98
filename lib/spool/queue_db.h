// QueueDb: queue.db, what could not be delivered at once.
//
// One row a message, one row for each of its recipients that is not done: a
// recipient without a row is done, a message without recipients may go.  The
// scheduler is the only writer; changes come in groups, each a transaction
// that is on the disk when the call returns (SPOOL.md).
//
// The message's file stays the truth of its content: rows without a file are
// dropped, and a file keeps lying in in/ until its rows are on the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "db/database.h"
#include "spool/queue_control.h"

namespace mail::spool {

enum class RecipientState {
  Deferred = 1,  // tried again at next_at
  Waiting = 2,   // until delivery to other servers exists
  Failed = 3,    // for good; its bounce is tried again at next_at
  // Done, but for a report of it that could not be kept (RFC 3461 4.1).
  Delivered = 4,
  Relayed = 5,
  Expanded = 6,  // an address with several behind it
};

struct StoredRecipient {
  int n = 0;                   // its place among the expanded recipients
  int source = 0;              // the envelope's recipient it comes from
  std::string address;         // where it ends
  std::string detail;          // subaddress
  std::uint64_t account = 0;   // 0: another server's
  RecipientState state = RecipientState::Deferred;
  int attempts = 0;
  Micros next_at = 0;
  std::string last_code;       // enhanced status code, "4.2.2"
  std::string last_text;
  std::string orcpt;           // RFC 3461 4.2, still encoded; or empty
  std::string notify;          // RFC 3461 4.1, for this place; or empty
  std::string remote;          // the server that said last_text; or empty
  int reply = 0;               // its SMTP reply code; 0: none
  Micros tried_at = 0;         // the last attempt; 0: none
};

struct StoredMessage {
  std::string id;
  std::int64_t size = 0;
  std::string sender;
  std::uint64_t account = 0;   // authenticated as
  Micros arrived = 0;
  Micros expires = 0;
  Micros warned = 0;           // when its sender was told of the delay
  int strikes = 0;             // workers that died of it
  bool held = false;
  int reports = 0;             // made about it so far (deliver/bouncer.h)
  std::vector<StoredRecipient> recipients;
};

class QueueDb {
 public:
  explicit QueueDb(const std::string& path);

  // Opens it anew: after trouble, SQLite may refuse what would work again.
  void reopen();

  // One group: messages as they are now, and ids that are done with.
  void write(std::span<const StoredMessage> changed,
             std::span<const std::string> done);

  bool empty();
  bool has(std::string_view id);
  std::optional<StoredMessage> load(std::string_view id);

  // Ids with a recipient whose time has come; when the next one comes.
  std::vector<std::string> due(Micros now, int limit);
  std::optional<Micros> next_due();

  // Everything of this account that waits is due now.
  void hurry_account(std::uint64_t account, Micros now);
  // All of these messages' recipients that wait are due now.
  void hurry(std::span<const std::string> ids, Micros now);
  // Takes a message out of the schedule, or back into it.
  void hold(std::string_view id);
  void release(std::string_view id);

  // The clock was set: every time planned moves with it.
  void shift_times(Micros step);

  // A page of the queue behind `after`, for people.
  std::vector<QueueMessage> list(std::string_view after, int limit,
                                 const QueueFilter& filter);
  std::optional<QueueMessage> show(std::string_view id, std::int64_t from,
                                   int limit);
  std::int64_t count();

  // 32 random bytes that nobody else knows, made with the database.
  std::string secret();

 private:
  void save(const StoredMessage& message);
  void forget(std::string_view id);

  std::string path_;
  std::unique_ptr<db::Database> db_;
};

}  // namespace mail::spool
