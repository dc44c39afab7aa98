// ObjectId: how ids look outside (RFC 8474, and the ids of JMAP).
//
//   object_id(IdKind::Email, 42) == "M1A"
//
// A letter says of what kind: M an email, T a thread, F a mailbox; then the
// number in base32.  Ids are case-sensitive and never given twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mail::store {

enum class IdKind : char { Email = 'M', Thread = 'T', Mailbox = 'F' };

std::string object_id(IdKind kind, std::int64_t id);

// The number; nothing when it is no id of that kind.
std::optional<std::int64_t> parse_object_id(IdKind kind, std::string_view text);

}  // namespace mail::store
