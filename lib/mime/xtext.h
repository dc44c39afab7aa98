// xtext (RFC 3461 section 4) and unitext (RFC 6533 section 3): how parameters
// of SMTP carry what a parameter cannot.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mail::mime {

// "a+3Db": printable ASCII, "+" and two hexadecimal digits for the rest.
// Decoding refuses what is not xtext.
std::optional<std::string> decode_xtext(std::string_view text);
std::string encode_xtext(std::string_view bytes);

// "jos\x{E9}@example.org": an address of the type utf-8 in ASCII, fit for
// ORCPT and for reports that go through 7-bit systems (utf-8-addr-xtext).
// Decoding refuses what is not well-formed; other UTF-8 stays as it is.
std::string encode_unitext(std::string_view address);
std::optional<std::string> decode_unitext(std::string_view text);

// The same address in ASCII, whatever form it is in.
std::string ascii_unitext(std::string_view text);

}  // namespace mail::mime
