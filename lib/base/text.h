// Text: what Unicode asks of names and searches; by ICU.
//
// Input that is not well-formed UTF-8 is never refused here: each bad byte
// counts as U+FFFD.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mail {

// Normalisation form C: for names that are stored and compared.
std::string nfc(std::string_view text);

// A form for comparing and searching: texts that differ only in case, width
// or compatibility forms become the same bytes (NFKC_Casefold).
std::string fold_case(std::string_view text);

// A domain in the one form we store and compare: lower case, IDNA A-labels
// ("xn--...", UTS 46 non-transitional).  Nothing when a label breaks the rules
// of RFC 5321 4.1.2 or IDNA, or the sizes of RFC 1035 (63, 253).
std::optional<std::string> domain_to_ascii(std::string_view domain);

// The same domain for people to read, in U-labels; itself when that fails.
std::string domain_to_unicode(std::string_view domain);

// i;unicode-casemap (RFC 5051): a form whose bytes sort as IMAP's SORT wants.
std::string casemap(std::string_view text);

// The longest front of at most `bytes` bytes that does not cut a character.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes);

// Every byte that is not part of well-formed UTF-8 replaced by U+FFFD.
std::string scrub_utf8(std::string_view text);

}  // namespace mail
