// Addresses of peers: their text, and which of them count as one.
#pragma once

#include <sys/socket.h>

#include <array>
#include <string>
#include <vector>

#include "net/server.h"

namespace mail::net {

// Who is connected.  AF_UNIX: no address, loopback.
Peer make_peer(const sockaddr_storage& address, const std::string& listener);

// What limits count: an IPv4 address, or the first 64 bits of an IPv6 one,
// since a site gets that many at once.  Empty for AF_UNIX.
std::string limited_part(const std::string& address);

// How many connections each address may have.
class AddressLimits {
 public:
  // Throws Exit 78 on a network that is none.
  explicit AddressLimits(const Limits& limits);

  // The limit of the longest network it is in, or the one for all.
  int of(const std::string& address) const;

 private:
  struct Network {
    std::array<unsigned char, 16> bytes{};  // IPv4 as ::ffff:a.b.c.d
    unsigned bits = 0;
    int limit = 0;
  };
  static Network parse(const AddressLimit& limit);

  int usual_;
  std::vector<Network> networks_;  // longest first
};

}  // namespace mail::net
