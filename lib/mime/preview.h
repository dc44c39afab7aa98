// Preview: the first words of a message, and parts as plain text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mime/part.h"

namespace mail::mime {

// Characters of a preview (RFC 8621 4.1.4 allows up to 256, RFC 8970 200).
inline constexpr std::size_t kPreviewLength = 200;

// Up to kPreviewLength characters of the first text part, white space
// collapsed; empty when the message has no text.
std::string preview(std::string_view message, const Part& root);

// A text part's content as UTF-8: transfer encoding and charset undone, HTML
// as it stands.  Reads at most `limit` decoded bytes.
std::string part_text(std::string_view message, const Part& part,
                      std::size_t limit = 1 << 20);

}  // namespace mail::mime
