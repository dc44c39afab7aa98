// What to do when queue.db is new, and the spool is not: nothing is known of
// what was deferred or held.
#pragma once

#include "deliver/ledger.h"
#include "deliver/message.h"
#include "directory/directory.h"
#include "spool/shelves.h"

namespace mail::deliver {

// What was deferred begins again; what was held stays so.
void make_up_for_lost_rows(spool::Shelves& shelves, Ledger& ledger,
                           directory::Directory& directory,
                           const Lifetime& lifetime);

}  // namespace mail::deliver
