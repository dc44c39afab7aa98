// QueueControl: what an administrator asks the scheduler, and its answers.
//
//   QueueClient queue(settings.queue_control());
//   queue.change(QueueVerb::Retry, {{id}, {id, {2, 5}}});
//
// What waits is read in queue.db itself (spool/queue_reader.h); asked here is
// what only the scheduler knows, and what only it may change.  On the wire:
// SOCK_SEQPACKET, one packet a question and one an answer, each of lines of
// fields (spool/fields.h), so that the scheduler keeps nothing between two
// questions.  A question:
//
//   active AFTER FROM                    messages in hand, a page of them
//   retry, hold, release, expire, bounce, delete TARGET...
//   suspend KIND NAME UNTIL WHY          resume KIND NAME
//   add-rule SENDER RECIPIENT ACCOUNT WHY   remove-rule N
//   suppress ADDRESS UNTIL WHY           unsuppress ADDRESS
//   status                               sites AFTER
//
// A target is "ID", or "ID N N ..." for some of its recipients.  An answer:
// "ok" and rows, or "no WHY".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"
#include "spool/queue_message.h"
#include "spool/queue_rows.h"

namespace mail::spool {

inline constexpr std::size_t kMaxQueuePacket = 100 << 10;

enum class QueueVerb { Retry, Hold, Release, Expire, Bounce, Delete };
std::string_view word(QueueVerb verb);
std::optional<QueueVerb> queue_verb(std::string_view word);

// A message, or some of its recipients.
struct QueueTarget {
  std::string id;
  std::vector<int> recipients = {};  // their n; empty: all
};
std::string to_field(const QueueTarget& target);
std::optional<QueueTarget> parse_target(std::string_view field);

struct QueueStatus {
  std::int64_t arriving = 0;  // known, not yet tried
  std::int64_t active = 0;    // being delivered
  std::int64_t stored = 0;    // in queue.db: deferred, held
};

// To how many messages it was done; and to how many it will be, once the
// worker that has a recipient of theirs says what became of it.
struct QueueChange {
  std::int64_t done = 0;
  std::int64_t later = 0;
};

class QueueClient {
 public:
  // Fault when the scheduler does not answer there.
  explicit QueueClient(const std::string& socket_path);
  // The same, for those who can do without it.
  static std::optional<QueueClient> reach(const std::string& socket_path);
  // Over a connection that is there: the scheduler goes by who connected.
  explicit QueueClient(Fd connected);

  // Connects there again when it is cut off by a scheduler that begins anew,
  // and asks again what nobody has read yet or what changes nothing.
  void come_back_to(const std::string& socket_path) { path_ = socket_path; }

  // How long an answer may take; half a minute when nothing is said.
  void wait_at_most(Micros time);
  // Whether one took longer; nothing is asked any more then.
  bool hangs() const { return hangs_; }

  // Every message in hand, oldest first.  Of what is stored only the id.
  // Refusal: no answer, or no more of them.
  Result<void> each_active(const std::function<void(QueueMessage)>& use);

  // A Fault and a Refusal say how many were changed before, of many.
  Result<QueueChange> change(QueueVerb verb,
                             const std::vector<QueueTarget>& targets);

  Result<void> suspend(const Suspension& suspension);
  // Refusal: it was not suspended.
  Result<void> resume(Suspension::Kind kind, std::string_view name);

  // The number of the new rule; Refusal: there is no such rule.
  Result<std::int64_t> add_rule(const HoldRule& rule);
  Result<void> remove_rule(std::int64_t n);

  Result<void> suppress(const Suppression& suppression);
  // Refusal: it was not suppressed.
  Result<void> unsuppress(std::string_view address);

  Result<QueueStatus> status();

  // Those that mail has gone to or is to go to, as they fare now; by name.
  Result<std::vector<SiteRow>> sites();

 private:
  using Rows = std::vector<std::vector<std::string>>;
  enum class Kind { Look, Change };
  // Whether the answer is there.  Silence: somebody may have read it.
  enum class Heard { Answer, Silence, Unread };

  // For a change; Fault when nobody answers, which says whether it may have
  // been made.
  Result<Rows> ask(const std::vector<std::string>& question);
  // A look; Refusal then as well.
  Result<Rows> inquire(const std::vector<std::string>& question);
  Result<std::string> answer_to(const std::vector<std::string>& question,
                                Kind kind);
  Heard exchange(const std::string& question, std::string& answer);
  bool reconnect();
  void use(Fd connected);
  // A question whose answer is yes or no.
  Result<void> tell(const std::vector<std::string>& question);

  Fd socket_;
  std::string path_;  // empty: there is no way back
  Micros patience_ = 30 * kSecond;
  bool hangs_ = false;
};

// For the scheduler's side.
std::string to_line(const QueueMessage& message);
std::string to_line(const QueueRecipient& recipient);
std::string to_line(const QueueStatus& status);
std::string to_line(const SiteRow& site);

}  // namespace mail::spool
