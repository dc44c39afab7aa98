// Postings: ascending numbers in as few bits as their density allows.
//
// Distances are Rice coded, which comes within a few per cent of what random
// numbers need; when more than half of the numbers below `range` are there,
// those that are missing are coded instead.
//
//   varint   count * 2, plus 1 when it is the missing ones that are coded
//   byte     k, the bits of a distance that are written as they are
//   bits     each distance less one: its higher part in unary, then k bits
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mail::store {

// Numbers below this can be coded.
inline constexpr std::uint32_t kMostPostings = 1 << 16;

// Seven bits a byte, least significant first.
void put_varint(std::string& out, std::uint64_t number);
// Takes it from the front; nothing when the bytes end before it does.
std::optional<std::uint64_t> take_varint(std::string_view& bytes);

// `numbers`: ascending, each below `range`.
std::string pack_postings(std::span<const std::uint32_t> numbers,
                          std::uint32_t range);

// False when the bytes are not what pack_postings made with this range.
bool unpack_postings(std::string_view bytes, std::uint32_t range,
                     std::vector<std::uint32_t>& numbers);

}  // namespace mail::store
