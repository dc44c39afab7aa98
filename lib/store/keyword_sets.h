// KeywordSets: keywords of messages, each combination stored once.
//
// A row carries one number; 0 is the empty set.  Names keep the case they
// were first given in; comparing ignores it (RFC 3501 2.3.2).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "db/database.h"

namespace mail::store {

class KeywordSets {
 public:
  explicit KeywordSets(db::Database& mail) : mail_(mail) {}

  // Valid until the next call of names() or intern().
  const std::vector<std::string>& names(std::int64_t set);

  // The set of these names; within a transaction.
  std::int64_t intern(const std::vector<std::string>& keywords);

  // After a transaction that was rolled back.
  void forget() { known_.clear(); }

 private:
  std::int64_t keyword(const std::string& name);

  db::Database& mail_;
  std::map<std::int64_t, std::vector<std::string>> known_;
};

}  // namespace mail::store
