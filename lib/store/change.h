// Change: one changing transaction of an account.
//
//   Change change(core);          // our turn, BEGIN IMMEDIATE
//   change.insert_entry(...);     // and other rows with change.modseq()
//   change.commit();              // FULL; then the modseq file
//
// Ids, counters and modseqs are gathered here and written once, at the end,
// so that no operation forgets one.  Without commit() nothing has happened.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

#include "db/database.h"
#include "db/turn.h"
#include "store/core.h"
#include "store/types.h"

namespace mail::store {

// The one row of `account`.
struct AccountRow {
  Modseq modseq = 0;
  MailboxId next_mailbox = 1;
  EmailId next_email = 1;
  ThreadId next_thread = 1;
  std::int64_t last_uidvalidity = 0;
  std::int64_t bytes = 0;
  std::int64_t emails = 0;
  std::int64_t limit_bytes = 0;  // its own; see limit_of()
  std::int64_t limit_emails = 0;
};

AccountRow read_account(db::Database& mail);

// The octets it may hold: its own quota, or else the usual one; 0: no limit.
std::int64_t limit_of(const Core& core, const AccountRow& account);

// What a change does to the counters of a mailbox.
struct MailboxChange {
  std::uint32_t uidvalidity = 0;
  std::int64_t uidnext = 1;
  std::int64_t messages = 0;
  std::int64_t unseen = 0;
  std::int64_t deleted = 0;
  std::int64_t bytes = 0;

  void add(Flags flags, std::int64_t size);
  void remove(Flags flags, std::int64_t size);
};

class Change {
 public:
  explicit Change(Core& core);
  ~Change();
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

  // The modseq of everything that this change touches.
  Modseq modseq() const { return before_ + 1; }
  Micros now() const { return now_; }
  AccountRow& account() { return account_; }

  // Modseqs up to this one have been told to somebody.
  void go_on_from(Modseq told) { before_ = std::max(before_, told); }

  // Counters of a mailbox, to be changed; Fault when there is none.
  MailboxChange& mailbox(MailboxId id);
  // Without a word about the counters that were gathered: it is deleted.
  void forget(MailboxId id) { mailboxes_.erase(id); }

  std::uint32_t next_uidvalidity();

  // A new entry at the end of the mailbox: UID, modseq and save date are
  // given here, the rest is taken from `like`.
  Uid insert_entry(MailboxId mailbox, const Entry& like);

  // An email left its last mailbox: the quota has room again.
  void depart(std::int64_t size);

  // After it, others have their turn.
  void commit();
  // For what no session needs to be told: the modseq stays.
  void commit_quietly();

 private:
  void write_account(Modseq modseq);
  void write_mailboxes();

  Core& core_;
  std::optional<db::Turn> turn_;
  db::Transaction transaction_;
  Micros now_;
  AccountRow account_;
  Modseq before_;
  std::map<MailboxId, MailboxChange> mailboxes_;
  bool done_ = false;
};

}  // namespace mail::store
