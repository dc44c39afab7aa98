// A new mail.db with the system mailboxes, whole in one transaction.
#pragma once

#include <cstdint>
#include <string>

#include "store/accounts.h"

namespace mail::store {

// Nothing happens when there is one.
void make_database(const std::string& folder, std::uint64_t id,
                   const UidValiditySource& next_uidvalidity);

}  // namespace mail::store
