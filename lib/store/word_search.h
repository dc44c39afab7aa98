// Searching the words of a segment.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "db/database.h"
#include "store/word_segment.h"

namespace mail::store {

// A set of numbers below a bound.
class NumberSet {
 public:
  explicit NumberSet(std::uint32_t bound) : bits_((bound + 63) / 64) {}

  void add(std::uint32_t number) {
    bits_[number / 64] |= std::uint64_t{1} << (number % 64);
  }
  void keep(const NumberSet& others);
  std::vector<std::uint32_t> numbers() const;

 private:
  std::vector<std::uint64_t> bits_;
};

// Patterns as store/words.h makes them.
struct ZonePatterns {
  std::span<const Zone> zones;
  std::span<const std::string> patterns;  // at least one
};

// The emails that have, for each pattern, a word with it in one of the zones.
NumberSet search_segment(db::Database& db, const Segment& segment,
                         const ZonePatterns& wanted);

}  // namespace mail::store
