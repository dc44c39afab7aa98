// Recovering: message files that no row knows come into "Recovered".
//
// Nobody else has the account open (ExclusiveLock).  Torn files stay where
// they are, and so does what somebody is writing: a session may have a message
// half received without having the account open; its draft is locked.
#pragma once

#include <cstdint>

#include "store/administration.h"
#include "store/core.h"

namespace mail::store {

enum class Recover {
  All,      // there are no other rows: whatever is whole
  OnlyLost  // not what the spool will bring or a delivery remembers
};

// How many messages came back.
std::int64_t recover(Core& core, Recover which, const InSpool& in_spool);

}  // namespace mail::store
