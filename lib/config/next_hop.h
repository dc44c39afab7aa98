// NextHop: where mail goes, as an administrator writes it.
//
//   [smtp.example.net]:587 tls=verified login=main    this very host
//   example.net                                       the MX of that domain
//   mx tls=required                                   the MX of the address
//   lmtp:[192.0.2.7]:24                               over LMTP (RFC 2033)
//
// Several, parted by commas, are tried in order; in front may stand when they
// are tried again, as in "retry=60 mx": that is a way.  A route is a domain
// ("example.org"), or all below one (".example.org"), and its way.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mail::config {

inline constexpr std::size_t kMaxHops = 8;

struct NextHop {
  enum class Kind { Own, Mx, Host };
  enum class Protocol { Smtp, Lmtp };
  enum class Tls { May, Required, Verified, Implicit };
  Kind kind = Kind::Own;
  std::string name;         // canonical; empty for Own
  std::uint16_t port = 25;
  Protocol protocol = Protocol::Smtp;
  Tls tls = Tls::May;
  std::string login;        // which line of relay_passwords; or empty
};

struct Way {
  std::int64_t retry = 0;   // seconds to the second attempt; 0: queue_retry
  std::vector<NextHop> hops;
};

struct RouteLine {
  std::string domain;       // "example.org" or ".example.org", canonical
  Way way;
};

Result<Way> parse_way(std::string_view text);
Result<RouteLine> parse_route(std::string_view text);

}  // namespace mail::config
