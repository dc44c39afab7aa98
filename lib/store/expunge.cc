// Connection's EXPUNGE.
//
// Sessions that have not been told keep seeing what went: `expunged` holds
// all that FETCH needs, for a day.  `vanished` tells clients that come back
// later; EXPUNGE 1:* is one row of it.
#include "store/expunge.h"

#include <algorithm>

#include "store/connection.h"
#include "store/queries.h"
#include "store/uid_set.h"

namespace mail::store {
namespace {

bool any_between(db::Database& mail, MailboxId mailbox, Uid after, Uid before) {
  auto& query = mail.statement(queries::kAnyBetween);
  query.bind(mailbox, after, before);
  const bool found = query.step();
  query.reset();
  return found;
}

UidSet without_gaps(db::Database& mail, MailboxId mailbox, const UidSet& set) {
  UidSet merged;
  for (const UidRange& range : set) {
    if (!merged.empty() &&
        !any_between(mail, mailbox, merged.back().last, range.first)) {
      merged.back().last = range.last;
    } else {
      merged.push_back(range);
    }
  }
  return merged;
}

}  // namespace

void record_vanished(db::Database& mail, Change& change, MailboxId mailbox,
                     const UidSet& gone) {
  auto& insert = mail.statement(
      "INSERT INTO vanished(mailbox, modseq, first, last, time) "
      "VALUES(?, ?, ?, ?, ?)");
  for (const UidRange& range : without_gaps(mail, mailbox, gone)) {
    insert.run(mailbox, change.modseq(), range.first, range.last, change.now());
  }
}

void depart(db::Database& mail, Change& change, MailboxId mailbox) {
  auto& rows = mail.statement(queries::kDepart);
  rows.bind(mailbox, change.modseq(), change.now());
  while (rows.step()) change.depart(rows.integer(0));
}

UidSet Connection::expunge(MailboxId mailbox, const UidSet& uids) {
  Change change(core_);
  std::vector<Uid> went;
  auto& expunge = mail_.statement(queries::kExpungeRange);
  auto& drop = mail_.statement(queries::kDropDeletedRange);
  for (const UidRange& range : uids) {
    expunge.bind(mailbox, range.first, range.last, change.modseq(),
                 change.now());
    bool any = false;
    while (expunge.step()) {
      went.push_back(static_cast<Uid>(expunge.integer(0)));
      change.mailbox(mailbox).remove(static_cast<Flags>(expunge.integer(1)),
                                     expunge.integer(2));
      any = true;
    }
    if (any) drop.run(mailbox, range.first, range.last);
  }
  if (went.empty()) return {};
  std::ranges::sort(went);  // RETURNING promises no order
  UidSet gone;
  for (const Uid uid : went) add_uid(gone, uid);
  record_vanished(mail_, change, mailbox, gone);
  depart(mail_, change, mailbox);
  change.commit();
  return gone;
}

}  // namespace mail::store
