// Annotation rows: what has been noted on a mailbox or on the account.
#pragma once

#include "db/database.h"
#include "store/change.h"
#include "store/types.h"

namespace mail::store {

inline constexpr std::int64_t kMostAnnotations = 100;           // of a mailbox
inline constexpr std::int64_t kMostAnnotationBytes = 16 << 20;  // of all

// Both with what was remembered of their changes.
void copy_annotations(db::Database& mail, const Change& change, MailboxId from,
                      MailboxId to);
void drop_annotations(db::Database& mail, MailboxId mailbox);

}  // namespace mail::store
