#include "store/packed.h"

#include <cstring>

namespace mail::store {

void pack_number(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>(number | 0x80);
    number >>= 7;
  }
  out += static_cast<char>(number);
}

std::uint64_t Unpacker::number() {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    number |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return number;
  }
  failed_ = true;
  rest_ = {};
  return 0;
}

std::uint64_t Unpacker::fixed() {
  std::uint64_t number = 0;
  if (rest_.size() < sizeof number) {
    failed_ = true;
    rest_ = {};
    return 0;
  }
  std::memcpy(&number, rest_.data(), sizeof number);
  rest_.remove_prefix(sizeof number);
  return number;
}

std::string pack_uids(const UidSet& uids) {
  std::string out;
  Uid last = 0;
  for (const UidRange& range : uids) {
    pack_number(out, range.first - last);
    pack_number(out, range.last - range.first);
    last = range.last;
  }
  return out;
}

std::optional<UidSet> unpack_uids(std::string_view packed) {
  UidSet uids;
  Unpacker numbers(packed);
  std::uint64_t last = 0;
  while (!numbers.at_end()) {
    const std::uint64_t gap = numbers.number();
    const std::uint64_t more = numbers.number();
    // Ascending and not touching, whatever a damaged file says.
    const bool apart = gap > (uids.empty() ? 0U : 1U) && gap <= UINT32_MAX;
    if (numbers.failed() || !apart || more > UINT32_MAX) return {};
    const std::uint64_t first = last + gap;
    last = first + more;
    if (last > UINT32_MAX) return {};
    uids.push_back({static_cast<Uid>(first), static_cast<Uid>(last)});
  }
  return uids;
}

}  // namespace mail::store
