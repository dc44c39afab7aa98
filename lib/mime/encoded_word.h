// Encoded words (RFC 2047): other charsets in header fields.
#pragma once

#include <string>
#include <string_view>

namespace mail::mime {

// The text of an unstructured field, or of a display name, for people: in one
// line, encoded words decoded, raw 8-bit bytes taken for UTF-8 or else
// windows-1252.  Always well-formed UTF-8 without CR, LF and NUL.
std::string decode_text(std::string_view value);

// UTF-8 text as header fields may hold it: itself when it is short printable
// ASCII that cannot be mistaken for an encoded word, else encoded words
// of at most 75 characters with "\r\n " between them.
std::string encode_text(std::string_view text);

}  // namespace mail::mime
