// What is left behind when entries go.
#pragma once

#include "db/database.h"
#include "store/change.h"
#include "store/types.h"

namespace mail::store {

// Tombstones for what went: neighbours with nothing alive between them are
// one row.
void record_vanished(db::Database& mail, Change& change, MailboxId mailbox,
                     const UidSet& gone);

// Emails that this change expunged from the mailbox and that are in no other
// one: they count no more, and their rows and files go a day later.
void depart(db::Database& mail, Change& change, MailboxId mailbox);

}  // namespace mail::store
