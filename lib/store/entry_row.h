// Rows of `entry` and `expunged`, as store/queries.h selects them.
#pragma once

#include "db/statement.h"
#include "store/types.h"

namespace mail::store {

// uid, email, thread, modseq, flags, keywords, size, internal_date, save_date
Entry read_entry(const db::Statement& row);

}  // namespace mail::store
