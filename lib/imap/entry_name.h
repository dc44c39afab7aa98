// Names of annotations (RFC 5464 section 3.2): "/private/comment".
#pragma once

#include <string_view>

namespace mail::imap {

// Below /private or /shared, or one of these; printable ASCII without
// wildcards, no empty component.
bool is_entry_name(std::string_view name);

// Whether an annotation can have this name: two components, below
// .../vendor four.
bool may_have_value(std::string_view name);

// DEPTH of GETMETADATA (RFC 5464 4.2.2).
enum class Depth { Zero, One, Infinity };

// Whether `name` is `entry` or stands below it so deep at most.
bool lies_below(std::string_view name, std::string_view entry, Depth depth);

}  // namespace mail::imap
