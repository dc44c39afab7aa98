// Base32 in an alphabet whose order is that of the bytes: names that sort.
//
// Digits and capitals without I, L, O and U (Crockford's), so that an id read
// aloud or from a screen is not mistaken.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mail {

// The last `digits` base-32 digits of the number, most significant first.
std::string base32(std::uint64_t number, int digits);

// The number without leading zeros ("0" for zero).
std::string base32(std::uint64_t number);

// Only what base32() writes; at most 12 digits.
std::optional<std::uint64_t> parse_base32(std::string_view digits);

}  // namespace mail
