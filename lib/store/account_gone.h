// AccountGone: the account that was asked for is not, or not any more.
#pragma once

#include "base/fault.h"

namespace mail::store {

class AccountGone : public Fault {
 public:
  explicit AccountGone(const std::string& folder)
      : Fault("there is no account in " + folder) {}
};

}  // namespace mail::store
