// Arguments of SMTP commands, read strictly: RFC 5321 section 4.1.2, and the
// parameters of the extensions that are offered.
//
// What does not parse comes back as the reply that says so.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/reply.h"

namespace mail::smtp {

template <class T>
using Parsed = std::expected<T, Reply>;

// One of the words behind the path: "SIZE=1000".
struct Parameter {
  std::string_view keyword;
  std::string_view value;
  bool has_value = false;
};

struct Sender {
  std::string address;   // canonical; empty: the null sender
  std::string domain;
  std::int64_t size = 0;  // RFC 1870, declared; 0: not said
  bool eight_bit_mime = false;
  bool smtputf8 = false;
  std::string ret;       // RFC 3461 4.3: "FULL", "HDRS", or empty
  std::string envid;     // 4.4, still encoded; or empty

  bool wants_reports() const { return !ret.empty() || !envid.empty(); }
};

struct Recipient {
  std::string address;  // canonical
  std::string local;    // its parts, unquoted
  std::string domain;   // empty: "Postmaster" of this server
  bool needs_utf8 = false;
  std::string notify = {};  // RFC 3461 4.1: "SUCCESS,FAILURE"; or empty
  std::string orcpt = {};   // 4.2, still encoded; or empty

  bool wants_reports() const { return !notify.empty() || !orcpt.empty(); }
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
