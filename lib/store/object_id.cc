#include "store/object_id.h"

#include "base/base32.h"

namespace mail::store {

std::string object_id(IdKind kind, std::int64_t id) {
  return static_cast<char>(kind) + base32(static_cast<std::uint64_t>(id));
}

std::optional<std::int64_t> parse_object_id(IdKind kind,
                                            std::string_view text) {
  if (!text.starts_with(static_cast<char>(kind))) return {};
  const auto number = parse_base32(text.substr(1));
  // One thing has one id: no leading zeros.
  if (!number || base32(*number) != text.substr(1)) return {};
  return static_cast<std::int64_t>(*number);
}

}  // namespace mail::store
