// Extensions: what a server offers in its answer to EHLO (RFC 5321 4.1.1.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "relay/reply.h"

namespace mail::relay {

struct Extensions {
  std::string name;               // what the server calls itself
  bool pipelining = false;        // RFC 2920
  bool eight_bit = false;         // RFC 6152
  bool utf8 = false;              // RFC 6531
  bool chunking = false;          // RFC 3030
  bool dsn = false;               // RFC 3461
  bool starttls = false;          // RFC 3207
  bool require_tls = false;       // RFC 8689
  bool size = false;              // RFC 1870
  std::int64_t most = 0;          // octets it takes; 0: it does not say
  std::vector<std::string> auth;  // mechanisms, upper case (RFC 4954)
};

Extensions read_extensions(const Reply& ehlo);

}  // namespace mail::relay
