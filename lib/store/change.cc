#include "store/change.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "base/fault.h"
#include "store/queries.h"

namespace mail::store {
namespace {

constexpr auto kPatience = std::chrono::seconds(5);

// Pages of the write-ahead log, 4 KiB each, above which whoever writes
// carries them over.
constexpr int kSessionPages = 4'096;

// Who waits for its turn reads nothing: a reader keeps the log from being
// begun again.
Core& without_view(Core& core) {
  core.mail.end_view();
  return core;
}

}  // namespace

std::int64_t limit_of(const Core& core, const AccountRow& account) {
  return account.limit_bytes > 0 ? account.limit_bytes : core.usual_quota;
}

AccountRow read_account(db::Database& mail) {
  auto& row = mail.statement(
      "SELECT modseq, next_mailbox, next_email, next_thread, last_uidvalidity, "
      "bytes, emails, limit_bytes, limit_emails FROM account");
  row.bind();
  if (!row.step()) throw Fault("the account has no row of its own");
  const AccountRow account{row.integer(0), row.integer(1), row.integer(2),
                           row.integer(3), row.integer(4), row.integer(5),
                           row.integer(6), row.integer(7), row.integer(8)};
  row.reset();
  return account;
}

void MailboxChange::add(Flags flags, std::int64_t size) {
  ++messages;
  unseen += (flags & kSeen) == 0;
  deleted += (flags & kDeleted) != 0;
  bytes += size;
}

void MailboxChange::remove(Flags flags, std::int64_t size) {
  --messages;
  unseen -= (flags & kSeen) == 0;
  deleted -= (flags & kDeleted) != 0;
  bytes -= size;
}

Change::Change(Core& core)
    : core_(core),
      turn_(std::in_place, without_view(core).turns, kPatience),
      transaction_(core.mail),
      now_(wall_time()),
      account_(read_account(core.mail)),
      before_(account_.modseq) {}

Change::~Change() {
  if (!done_) core_.keywords.forget();  // some may have been rolled back
}

MailboxChange& Change::mailbox(MailboxId id) {
  const auto known = mailboxes_.find(id);
  if (known != mailboxes_.end()) return known->second;
  auto& row = core_.mail.statement(
      "SELECT uidvalidity, uidnext FROM mailbox WHERE id = ?");
  row.bind(id);
  if (!row.step()) throw Fault("the mailbox is gone");
  auto& change = mailboxes_[id];
  change.uidvalidity = static_cast<std::uint32_t>(row.integer(0));
  change.uidnext = row.integer(1);
  row.reset();
  return change;
}

// The account remembers the highest one it has used: even with a counter that
// was set back, a mailbox made anew never looks like the one deleted.
std::uint32_t Change::next_uidvalidity() {
  const std::int64_t offered =
      core_.next_uidvalidity ? core_.next_uidvalidity() : now_ / kSecond;
  account_.last_uidvalidity = std::max(offered, account_.last_uidvalidity + 1);
  if (account_.last_uidvalidity > std::numeric_limits<std::uint32_t>::max()) {
    throw Fault("no UIDVALIDITY is left");
  }
  return static_cast<std::uint32_t>(account_.last_uidvalidity);
}

Uid Change::insert_entry(MailboxId id, const Entry& like) {
  MailboxChange& counts = mailbox(id);
  if (counts.uidnext > std::numeric_limits<Uid>::max() - 1) {
    throw Fault("the mailbox has no UID left");
  }
  const auto uid = static_cast<Uid>(counts.uidnext++);
  core_.mail.statement(queries::kInsertEntry)
      .run(id, uid, like.email, like.thread, modseq(), like.flags,
           like.keywords, like.size, like.internal_date, now_);
  counts.add(like.flags, like.size);
  return uid;
}

void Change::depart(std::int64_t size) {
  account_.bytes -= size;
  --account_.emails;
}

void Change::write_account(Modseq modseq) {
  core_.mail
      .statement(
          "UPDATE account SET modseq = ?, next_mailbox = ?, next_email = ?, "
          "next_thread = ?, last_uidvalidity = ?, bytes = ?, emails = ?, "
          "limit_bytes = ?, limit_emails = ?")
      .run(modseq, account_.next_mailbox, account_.next_email,
           account_.next_thread, account_.last_uidvalidity, account_.bytes,
           account_.emails, account_.limit_bytes, account_.limit_emails);
}

void Change::write_mailboxes() {
  auto& update = core_.mail.statement(
      "UPDATE mailbox SET uidnext = ?2, messages = messages + ?3, "
      "unseen = unseen + ?4, deleted = deleted + ?5, bytes = bytes + ?6, "
      "highestmodseq = ?7, modseq = ?7 WHERE id = ?1");
  for (const auto& [id, change] : mailboxes_) {
    update.run(id, change.uidnext, change.messages, change.unseen,
               change.deleted, change.bytes, modseq());
  }
}

// The modseq file comes after COMMIT has returned: who is told of a number
// can read what belongs to it.
void Change::commit() {
  write_mailboxes();
  write_account(modseq());
  transaction_.commit();
  done_ = true;
  core_.modseq_file.write(modseq(), now_);
  turn_.reset();  // nobody waits for a checkpoint
  core_.mail.checkpoint_above(kSessionPages);
}

void Change::commit_quietly() {
  require(mailboxes_.empty(), "a quiet change touches no counters");
  write_account(before_);
  transaction_.commit();
  done_ = true;
  turn_.reset();
}

}  // namespace mail::store
