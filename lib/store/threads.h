// Threads: which messages belong together.
//
// Two messages belong to one thread when they share a message id (their own,
// or one they refer to) and their base subject (RFC 8621 section 3).  The
// pairs are kept as hashes.  The thread of an email never changes (RFC 8474
// section 5.2): a message that ties two threads together joins one of them, and
// both go on.
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

// Forgets the keys of threads without emails.
void forget_empty_threads(Core& core);

}  // namespace mail::store
