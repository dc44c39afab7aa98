// Packed: numbers as cache.db keeps many of them: seven bits a byte, the
// lowest first (LEB128).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/types.h"

namespace mail::store {

void pack_number(std::string& out, std::uint64_t number);

// Takes numbers off the front; fails for good at what is none.
class Unpacker {
 public:
  explicit Unpacker(std::string_view packed) : rest_(packed) {}

  std::uint64_t number();
  std::uint64_t fixed();  // eight bytes, as the machine has them
  std::size_t left() const { return rest_.size(); }
  bool at_end() const { return rest_.empty(); }
  bool failed() const { return failed_; }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

// Ranges: how far from the last one, how long.
std::string pack_uids(const UidSet& uids);
std::optional<UidSet> unpack_uids(std::string_view packed);

}  // namespace mail::store
