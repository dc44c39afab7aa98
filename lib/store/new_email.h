// The rows of a message that comes into the account.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/change.h"
#include "store/core.h"
#include "store/digest_message.h"

namespace mail::store {

// From APPEND, from the spool, or found again by repair.
struct NewEmail {
  const std::string& file;
  std::int64_t length;
  std::string_view prefix;
  Micros internal_date;
  Flags flags;
  const std::vector<std::string>& keywords;
  const Digested& digested;
};

// Whether the quota holds so many octets more, in so many messages.
bool fits(const Core& core, const AccountRow& account, std::int64_t size,
          std::int64_t emails = 1);

// Writes its row of `email`, finds its thread and counts it; what its entries
// are to be like.
Entry insert_email(Core& core, Change& change, const NewEmail& message);

}  // namespace mail::store
