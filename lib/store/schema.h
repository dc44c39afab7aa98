// The schema of an account's databases, as numbered steps (db/database.h).
#pragma once

#include <string>

#include "db/database.h"

namespace mail::store {

// mail.db: the truth.
db::Steps mail_steps();

// Brings an older mail.db in the account's folder forward, holding the account
// alone: by whoever meets it first.
void upgrade(const std::string& folder);

// cache.db: what can be made again from the messages.
db::Steps cache_steps();

// search.db: the words of the messages.
db::Steps search_steps();

}  // namespace mail::store
