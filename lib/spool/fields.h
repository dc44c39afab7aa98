// Fields: a line of text values between programs of ours.
//
//   join_fields({"held", "ann@example.org", ""})   "held\tann@example.org\t\n"
//
// Tabs part the fields; control characters and '%' inside them are written as
// %XX, so that no value can start a field or a line of its own.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mail::spool {

// One line, its newline included.
std::string join_fields(std::span<const std::string> fields);

// The fields of a line given without its newline; nothing when an escape is
// broken.
std::optional<std::vector<std::string>> split_fields(std::string_view line);

// The lines of a packet; nothing when the last one has no newline or a line
// does not split.
std::optional<std::vector<std::vector<std::string>>> split_lines(
    std::string_view packet);

}  // namespace mail::spool
