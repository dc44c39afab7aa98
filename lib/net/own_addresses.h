// OwnAddresses: the addresses this machine has, and how addresses are written.
#pragma once

#include <set>
#include <string>

namespace mail::net {

// One text for each address: IPv4 as it is, also where it stands in IPv6
// (RFC 4291 2.5.5.2), IPv6 as RFC 5952 has it.  Empty: it is none.
std::string canonical_address(const std::string& text);

// Those of its interfaces now, canonical; none where the kernel does not
// tell.
std::set<std::string> own_addresses();

}  // namespace mail::net
