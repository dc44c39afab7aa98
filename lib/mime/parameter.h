// Parameters: what stands behind the value of Content-Type and
// Content-Disposition, with the continuations of RFC 2231.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mail::mime {

// Parameters above this number are dropped.
inline constexpr std::size_t kMaxParameters = 100;

// In the form IMAP's BODYSTRUCTURE wants (RFC 2231 section 6): continuations
// are joined; a value with charset and language keeps them and its percent
// signs, and its name ends in '*': {"filename*", "utf-8''na%C3%AFve.txt"}.
struct Parameter {
  std::string name;   // lower case
  std::string value;  // unquoted

  bool operator==(const Parameter&) const = default;
};

using Parameters = std::vector<Parameter>;

// A structured value: "text/plain; charset=utf-8" has the value "text/plain".
struct Parameterized {
  std::string value;  // lower case, without comments and blanks
  Parameters parameters;
};

// Tolerant: missing quotes and semicolons, blanks around '=', comments and
// raw 8-bit bytes are accepted.  The first parameter of a name wins.
Parameterized parse_parameterized(std::string_view value);

// The parameter's value as UTF-8 text, decoded by RFC 2231 or, as some write
// it, RFC 2047; empty when there is none.  `name` without '*'.
std::string text_of(const Parameters& parameters, std::string_view name);

// The same as it stands, without any decoding: for charset and boundary.
std::string_view raw_value(const Parameters& parameters, std::string_view name);

}  // namespace mail::mime
