// KnownFiles: which message files have a row, all of an account.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "db/database.h"

namespace mail::store {

class KnownFiles {
 public:
  explicit KnownFiles(db::Database& mail);

  // "FFFF/NAME".  Kept as hashes of 64 bits: among a million files, one in
  // ten million million without a row passes for one that has it.
  bool contains(std::string_view file) const;

 private:
  std::vector<std::size_t> hashes_;
};

}  // namespace mail::store
