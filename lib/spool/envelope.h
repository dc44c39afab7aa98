// Envelope: what SMTP said about a message, kept behind it in its file.
//
// Text records, one a line, "name value" with the value percent-escaped where
// it must be, so that `less` shows what is wrong:
//
//   staunch-envelope 1
//   arrived 1767225600000000
//   sender ann@example.org
//   recipient bob@example.test
//   orcpt rfc822;bob@example.test        (of the recipient above)
//   ...
//
// Unknown records are kept and skipped; parsing refuses what is not whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace mail::spool {

struct Recipient {
  std::string address;  // canonical, as accepted
  std::string orcpt;    // RFC 3461 4.2, still encoded; or empty
  std::string notify;   // RFC 3461 4.1: "NEVER", "FAILURE,DELAY"; or empty
};

struct Envelope {
  Micros arrived = 0;
  std::string sender;            // empty: the null sender
  std::string ret;               // RFC 3461 4.3
  std::string envid;             // RFC 3461 4.4, still encoded
  std::uint64_t account = 0;     // authenticated as; 0: a stranger
  std::string client_address;
  std::string client_name;       // verified reverse name, or empty
  std::string helo;
  std::string tls;               // "TLSv1.3 TLS_AES_256_GCM_SHA384"
  std::string protocol;          // "ESMTPSA": RFC 3848
  bool smtputf8 = false;
  bool eight_bit_mime = false;   // BODY=8BITMIME was said
  bool require_tls = false;
  Micros hold_until = 0;
  Micros deliver_by = 0;
  std::int64_t priority = 0;
  std::string prefix;            // header fields to be put in front
  // Facts about the bytes, for senders.
  bool has_8bit = false;
  bool has_long_line = false;    // over 998 octets
  bool has_leading_dot = false;  // some line starts with a dot
  std::vector<Recipient> recipients;
  // Of a report only (deliver/bouncer.h): "ID NUMBER", the message it is
  // about and how many were made before; and what it settles, each as
  // "SOURCE ADDRESS" of a recipient, or "delay".
  std::string report_on;
  std::vector<std::string> settles;
};

std::string serialize(const Envelope& envelope);
Result<Envelope> parse_envelope(std::string_view text);

}  // namespace mail::spool
