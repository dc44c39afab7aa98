// Threads: which messages belong together.
//
// Two messages belong to one thread when they share a message id (their own,
// or one they refer to) and their base subject (RFC 8621 section 3).  The
// pairs are kept as hashes.  A message that ties two threads together merges
// them: the smaller moves.
#pragma once

#include <cstdint>
#include <span>

#include "db/database.h"
#include "store/change.h"
#include "store/types.h"

namespace mail::store {

// The thread of a new message with these keys (Digested::thread_keys).
ThreadId place_in_thread(db::Database& mail, Change& change,
                         std::span<const std::int64_t> keys);

// Forgets the keys of a thread without emails.
void drop_empty_thread(db::Database& mail, ThreadId thread);

}  // namespace mail::store
