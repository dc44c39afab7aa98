// Hop: where a message goes next, one step of a route.
#pragma once

#include <cstdint>
#include <string>

namespace mail::relay {

struct Hop {
  enum class Kind { Mx, Host };   // the domain's MX hosts, or this very host
  enum class Protocol { Smtp, Lmtp };
  enum class Tls {
    May,        // when offered; whatever certificate (RFC 7435)
    Required,   // or no mail
    Verified,   // and the certificate is of that host
    Implicit,   // Verified, from the first byte on (RFC 8314)
  };
  Kind kind = Kind::Mx;
  std::string name;               // domain, host, or IP address; canonical
  std::uint16_t port = 25;
  Protocol protocol = Protocol::Smtp;
  Tls tls = Tls::May;
  std::string login;              // a line of the password file; or empty

  bool operator==(const Hop&) const = default;
};

// An exchange host of a domain, as the DNS gave it.
struct Exchange {
  std::uint16_t preference = 0;
  std::string host;

  bool operator==(const Exchange&) const = default;
};

}  // namespace mail::relay
