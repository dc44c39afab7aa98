// Charsets: any text to UTF-8, by ICU.
#pragma once

#include <string>
#include <string_view>

namespace mail::mime {

// Whether we can read this charset by name (IMAP: SEARCH CHARSET).
bool knows_charset(std::string_view charset);

// Always well-formed UTF-8.  What the charset cannot hold becomes U+FFFD; text
// of an unknown charset, or said to be ASCII and is not, is taken for UTF-8
// when it is that, and else for windows-1252.
std::string to_utf8(std::string_view text, std::string_view charset);

// Text that says nothing about its charset: UTF-8, else windows-1252.
std::string to_utf8(std::string_view text);

}  // namespace mail::mime
