// Annotation rows: what has been noted on a mailbox or on the account.
#pragma once

#include "db/database.h"
#include "store/types.h"

namespace mail::store {

inline constexpr std::int64_t kMostAnnotations = 100;           // of a mailbox
inline constexpr std::int64_t kMostAnnotationBytes = 16 << 20;  // of all

void copy_annotations(db::Database& mail, MailboxId from, MailboxId to);

}  // namespace mail::store
