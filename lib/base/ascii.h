// ASCII: what mail protocols compare and split, whatever the locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mail {

char lower(char c);
char upper(char c);
bool is_digit(char c);
bool is_alpha(char c);

// Space and tab.
bool is_blank(char c);

std::string lower(std::string_view text);
std::string upper(std::string_view text);

// Equal, the case of ASCII letters apart.
bool same_text(std::string_view a, std::string_view b);

// Whether `text` starts with `prefix`, case apart.
bool has_prefix(std::string_view text, std::string_view prefix);

// Without blanks, CR and LF at both ends.
std::string_view trim(std::string_view text);

std::vector<std::string_view> split(std::string_view text, char separator);

// A decimal number without sign that fits; nothing else around it.
std::optional<std::uint64_t> parse_number(std::string_view digits);

// Every byte below 0x80.
bool is_ascii(std::string_view text);

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates.
bool is_utf8(std::string_view text);

std::string hex(std::string_view bytes);

// How many bytes at the front of `text` are a character that does something
// where it is shown, and 0 when they are none: a control character, of ASCII
// or C1 (U+0080 to U+009F), a separator of lines, or one that turns the
// direction of text around (Bidi_Control of UAX 9).
std::size_t control_length(std::string_view text);

// With "\x1b" for such a byte, and "\u202e" for such a character.
std::string without_controls(std::string_view text);

}  // namespace mail
