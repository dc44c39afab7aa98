// RuleKeeper: who changes what is said of mail before it is tried.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "spool/queue_rows.h"

namespace mail::deliver {

class RuleKeeper {
 public:
  virtual ~RuleKeeper() = default;

  // The number of the new rule.
  virtual Result<std::int64_t> add_rule(const spool::HoldRule& rule) = 0;
  virtual bool remove_rule(std::int64_t n) = 0;

  virtual Result<void> suppress(const spool::Suppression& suppression) = 0;
  // Whether it was suppressed.
  virtual bool unsuppress(const std::string& address) = 0;
};

}  // namespace mail::deliver
