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
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "db/database.h"
#include "spool/queue_control.h"
#include "spool/queue_rows.h"

namespace mail::spool {

// Why an administrator ends what is still tried: an enhanced status code, and
// words to stand before what the last attempt came to.
struct GivenUp {
  std::string_view code;
  std::string_view text;
};

class QueueDb {
 public:
  explicit QueueDb(const std::string& path);

  // Opens it anew: after trouble, SQLite may refuse what would work again.
  void reopen();

  // After trouble, and now and then: throws when it cannot be worked with any
  // more, because it is damaged, which is marked for who opens it next, or is
  // not at its path any more.
  void expect_sound() const;

  void write(const QueueChanges& changes);
  void write(std::span<const StoredMessage> changed,
             std::span<const std::string> done);

  bool empty();
  // Messages that are to go, because none of their recipients is left.
  std::vector<std::string> without_recipients();
  bool has(std::string_view id);
  std::optional<StoredMessage> load(std::string_view id);

  // Recipients whose time has come, in an order, behind `after`; when the
  // next one comes that comes later than `after`.
  std::vector<DueRow> due(Micros now, const DueRow& after, int limit);
  std::optional<Micros> next_due(Micros after = 0);

  // Everything of this account that waits is due now.
  void hurry_account(std::uint64_t account, Micros now);
  // The same for all that waits for a site or domain.
  void hurry(Suspension::Kind kind, std::string_view name, Micros now);

  // The clock was set: every time of a message moves with it, so that none is
  // older or younger than before.
  void shift_times(Micros step);

  // What administrators change (queue_db_changes.cc), many at a time.  Those
  // recipients that wait are due now; how many messages that concerns.
  std::int64_t hurry(std::span<const QueueTarget> targets, Micros now);
  // Takes messages out of the schedule, or back into it.
  void hold(std::span<const std::string> ids);
  void release(std::span<const std::string> ids, Micros now);
  bool is_held(std::string_view id);
  // They have failed for good, for this reason; due now, to be reported.
  std::int64_t give_up(std::span<const QueueTarget> targets,
                       const GivenUp& why, Micros now);
  // The sites that they were tried at.
  std::set<std::string> sites_of(std::span<const QueueTarget> targets);
  // Forgets those recipients, by their n, without a report.
  void drop(std::span<const QueueTarget> targets);

  // How much there is; counted at the start, and kept from then on.
  struct Tally {
    std::int64_t messages = 0;
    std::int64_t held = 0;
    std::int64_t recipients = 0;
  };
  const Tally& tally() const { return tally_; }
  std::int64_t count() const { return tally_.messages; }

  // 32 random bytes that nobody else knows, made with the database.
  std::string secret();
  // Sites (queue_db_sites.cc).
  std::vector<SiteRow> sites();
  // Forgets those that have not changed since.
  void forget_sites(Micros before);

  void suspend(const Suspension& suspension);
  // Whether it was suspended.
  bool resume(Suspension::Kind kind, std::string_view name);
  // Those that have not ended yet.
  std::vector<Suspension> suspensions(Micros now);

  // Rules for what enters (queue_db_rules.cc); its number.
  std::int64_t add_rule(const HoldRule& rule);
  bool remove_rule(std::int64_t n);
  std::vector<HoldRule> rules();

  // What waits for such an address is due now.
  void suppress(const Suppression& suppression, Micros now);
  bool unsuppress(std::string_view address);
  // What is said of it, or of all of its domain.
  std::optional<Suppression> suppression(std::string_view address, Micros now);
  bool any_suppression();
  // Forgets those that have ended.
  void forget_suppressions(Micros now);

 private:
  Tally count_all();
  void save(const StoredMessage& message);
  void save(const SiteRow& site);
  void forget(std::string_view id);

  std::string path_;
  std::unique_ptr<db::Database> db_;
  std::uint64_t file_ = 0;  // its inode
  Tally tally_;
  Tally next_;  // what it becomes with the change that is being made
};

// Whether somebody met damage in it; gives a damaged one another name, for
// those who want to look into it.
bool is_marked_damaged(const std::string& path);
void put_aside(const std::string& path);
void remove_mark(const std::string& path);

}  // namespace mail::spool
