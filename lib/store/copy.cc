// Connection's COPY and MOVE: no byte of a message is moved.
//
// A mailbox holds an email at most once (JMAP's mailboxIds is a set).  A copy
// into a mailbox that holds the email already is therefore a new email with
// the same file, the twin of the first; IMAP shows both under one EMAILID,
// whatever becomes of the first.
#include "store/connection.h"
#include "store/expunge.h"
#include "store/new_email.h"
#include "store/queries.h"
#include "store/uid_set.h"

namespace mail::store {
namespace {

bool holds(db::Database& mail, MailboxId mailbox, EmailId email) {
  auto& query = mail.statement(queries::kHolds);
  query.bind(email, mailbox);
  const bool found = query.step();
  query.reset();
  return found;
}

EmailId original_of(db::Database& mail, EmailId email) {
  auto& query = mail.statement(queries::kOriginal);
  query.bind(email);
  const EmailId found = query.step() ? query.integer(0) : email;
  query.reset();
  return found;
}

EmailId duplicate(db::Database& mail, Change& change, const Entry& entry) {
  const EmailId id = change.account().next_email++;
  mail.statement(
          "INSERT INTO email(id, file, length, prefix, thread, size, "
          "internal_date, sent_date, subject, sender, recipient, "
          "has_attachment, flags, keywords, created, modseq) "
          "SELECT ?2, file, length, prefix, thread, size, internal_date, "
          "sent_date, subject, sender, recipient, has_attachment, flags, "
          "keywords, ?3, ?3 FROM email WHERE id = ?1")
      .run(entry.email, id, change.modseq());
  mail.statement("INSERT INTO twin(email, original) VALUES(?, ?)")
      .run(id, original_of(mail, entry.email));
  change.account().bytes += entry.size;
  ++change.account().emails;
  return id;
}

Uid put(db::Database& mail, Change& change, MailboxId to, Entry entry) {
  if (holds(mail, to, entry.email)) {
    entry.email = duplicate(mail, change, entry);
  }
  return change.insert_entry(to, entry);
}

bool is_too_few(const std::vector<Entry>& found, const UidSet& wanted,
                IfGone if_gone) {
  return if_gone == IfGone::CopyNothing &&
         static_cast<std::int64_t>(found.size()) < count(wanted);
}

// Commits, unless that made more emails (`before`: so many there were) than
// fit: most copies and moves make none, and a full account may have them.
void finish(const Core& core, Change& change, std::int64_t before,
            Copied& copied) {
  const AccountRow& account = change.account();
  copied.over_quota = account.emails > before && !fits(core, account, 0, 0);
  if (copied.over_quota) copied.uids.clear();
  if (!copied.uids.empty()) change.commit();
}

}  // namespace

EmailId Connection::original(EmailId email) {
  return original_of(mail_, email);
}

std::vector<EmailId> Connection::emails_like(EmailId original) {
  std::vector<EmailId> emails;
  if (original_of(mail_, original) == original) emails.push_back(original);
  auto& rows = mail_.statement(queries::kTwins);
  rows.bind(original);
  while (rows.step()) emails.push_back(rows.integer(0));
  return emails;
}

Copied Connection::copy(MailboxId from, const UidSet& uids, MailboxId to,
                        IfGone if_gone) {
  Change change(core_);
  Copied copied;
  copied.uidvalidity = change.mailbox(to).uidvalidity;
  const std::int64_t emails = change.account().emails;
  const auto found = entries(from, uids);
  copied.incomplete = is_too_few(found, uids, if_gone);
  if (copied.incomplete) return copied;
  for (const Entry& entry : found) {
    copied.uids.emplace_back(entry.uid, put(mail_, change, to, entry));
  }
  finish(core_, change, emails, copied);
  return copied;
}

Copied Connection::move(MailboxId from, const UidSet& uids, MailboxId to,
                        IfGone if_gone) {
  Change change(core_);
  Copied copied;
  copied.uidvalidity = change.mailbox(to).uidvalidity;
  const std::int64_t emails = change.account().emails;
  const auto found = entries(from, uids);
  copied.incomplete = is_too_few(found, uids, if_gone);
  if (copied.incomplete) return copied;
  move_entries(change, from, found, to, copied);
  finish(core_, change, emails, copied);
  return copied;
}

void Connection::move_entries(Change& change, MailboxId from,
                              const std::vector<Entry>& which, MailboxId to,
                              Copied& copied) {
  UidSet gone;
  for (const Entry& entry : which) {
    mail_.statement(queries::kExpungeOne)
        .run(from, entry.uid, change.modseq(), change.now());
    mail_.statement(queries::kDropOne).run(from, entry.uid);
    change.mailbox(from).remove(entry.flags, entry.size);
    add_uid(gone, entry.uid);
    copied.uids.emplace_back(entry.uid, put(mail_, change, to, entry));
  }
  record_vanished(mail_, change, from, gone);
  // An email that the target held already left its old place for nothing.
  depart(mail_, change, from);
}

}  // namespace mail::store
