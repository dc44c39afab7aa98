// Address: where mail goes, as SMTP writes it: local-part@domain.
//
//   Address::parse("\"john doe\"@Example.ORG")
//     -> local "john doe", domain "example.org"
//
// Strict: RFC 5321 section 4.1.2 with RFC 6531 (UTF-8 in both parts).  The
// domain is canonical (base/text.h), or an address literal like [192.0.2.1] or
// [IPv6:2001:db8::1] in the form inet_ntop writes.  The local part is kept as
// given, without quotes and escapes; whether its case matters is the
// directory's business.  For header fields see mime/address_list.h.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mail::mime {

// Longer ones are refused.  RFC 5321 4.5.3.1 asks for at least 64 and 255; but
// bounce addresses that carry an address have long local parts.
inline constexpr std::size_t kMaxLocal = 255;
inline constexpr std::size_t kMaxDomain = 255;

struct Address {
  std::string local;   // "john doe": unquoted, never empty, maybe UTF-8
  std::string domain;  // "example.org", "xn--bcher-kva.example", "[192.0.2.1]"

  // A mailbox: local-part "@" ( domain / address-literal ), nothing around.
  static Result<Address> parse(std::string_view text);

  // What stands between < and > in MAIL and RCPT: a source route in front is
  // ignored (RFC 5321 4.1.1.3 and appendix C).  "" and "Postmaster" are no
  // addresses: the caller knows where they are allowed.
  static Result<Address> parse_path(std::string_view text);

  // As SMTP wants it, the local part quoted when it must be.
  std::string str() const;

  auto operator<=>(const Address&) const = default;
};

// The length of the "<...>" at the front, with both brackets; quoted strings
// may hold a '>'.  0 when there is none.
std::size_t path_length(std::string_view text);

// A local part as it must be written: quoted when it is no dot-string.
std::string quote_local(std::string_view local);

// A domain or an address literal in the one form we store, or why not.
Result<std::string> parse_domain(std::string_view text);

}  // namespace mail::mime
