// Hosts: where the DNS says a domain's mail goes (RFC 5321 5.1).
//
// The DNS is a stranger too: it may be slow, lie, lead in circles, or name a
// thousand hosts.  At most kMaxExchanges are kept, at most kMaxAddresses of a
// host, and a resolver ends every question by its deadline.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dns/resolver.h"
#include "relay/hop.h"

namespace mail::relay {

inline constexpr std::size_t kMaxExchanges = 40;
inline constexpr std::size_t kMaxAddresses = 8;  // of a host

struct Destination {
  enum class Outcome { Hosts, NoMail, NoDomain, TryLater };
  Outcome outcome = Outcome::TryLater;
  std::vector<Exchange> hosts;  // by preference
  std::string site;             // the set of hosts in one word
  std::uint32_t ttl = 0;        // seconds
  std::string why;
  std::string enhanced;         // why, as a status code
  bool secure = false;          // proved by DNSSEC
};

// `ourselves`: our own name.  If it is among the hosts, those that are no
// better than it are left out; nothing left is NoMail (a loop).
Destination find_destination(dns::Resolver& resolver, std::string_view domain,
                             std::string_view ourselves);

// The key of a set of hosts: the first by name, and when there are more, how
// many and a digest of all.
std::string site_key(const std::vector<Exchange>& hosts);

// By preference, those of one preference in random order.
std::vector<std::string> in_order(std::vector<Exchange> hosts);

// Where a host is: IPv6 and IPv4 addresses in turn; or why not.
struct Addresses {
  std::vector<std::string> all;
  bool later = false;           // nobody knows now
  std::string why;              // when there is none
};
Addresses find_addresses(dns::Resolver& resolver, const std::string& host);

}  // namespace mail::relay
