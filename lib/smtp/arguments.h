// Arguments of SMTP commands, read strictly: RFC 5321 section 4.1.2, and the
// parameters of the extensions that are offered.
//
// What does not parse comes back as the reply that says so.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "smtp/reply.h"

namespace mail::smtp {

template <class T>
using Parsed = std::expected<T, Reply>;

struct Sender {
  std::string address;   // canonical; empty: the null sender
  std::string domain;
  std::int64_t size = 0;  // RFC 1870, declared; 0: not said
  bool eight_bit_mime = false;
  bool smtputf8 = false;
};

struct Recipient {
  std::string address;  // canonical
  std::string local;    // its parts, unquoted
  std::string domain;   // empty: "Postmaster" of this server
  bool needs_utf8 = false;
};

struct Chunk {
  std::uint64_t size = 0;
  bool last = false;
};

// "FROM:<ann@example.org> SIZE=1000"
Parsed<Sender> parse_mail(std::string_view text);

// "TO:<bob@example.test>"
Parsed<Recipient> parse_rcpt(std::string_view text);

// "1000 LAST": RFC 3030 section 2.
Parsed<Chunk> parse_bdat(std::string_view text);

// A domain or an address literal; what clients say here is often neither, so
// any printable word will do.
Parsed<std::string> parse_helo(std::string_view text);

}  // namespace mail::smtp
