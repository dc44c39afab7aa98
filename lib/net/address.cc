#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sysexits.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/process.h"

namespace mail::net {
namespace {

using Bytes = std::array<unsigned char, 16>;

constexpr unsigned kMapped = 96;  // bits of ::ffff:0:0/96

std::optional<Bytes> bytes_of(const std::string& address) {
  Bytes bytes{};
  if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) return bytes;
  bytes[10] = bytes[11] = 0xff;
  if (::inet_pton(AF_INET, address.c_str(), bytes.data() + 12) == 1) {
    return bytes;
  }
  return std::nullopt;
}

bool same_bits(const Bytes& a, const Bytes& b, unsigned bits) {
  const unsigned whole = bits / 8;
  if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
  if (bits % 8 == 0) return true;
  const unsigned mask = 0xffU << (8 - bits % 8) & 0xffU;
  return ((a[whole] ^ b[whole]) & mask) == 0;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

}  // namespace

Peer make_peer(const sockaddr_storage& address, const std::string& listener) {
  Peer peer;
  peer.listener = listener;
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    peer.port = ntohs(v4.sin_port);
    peer.loopback = ntohl(v4.sin_addr.s_addr) >> 24 == 127;
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    peer.port = ntohs(v6.sin6_port);
    peer.loopback = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
  } else {
    peer.loopback = true;
  }
  peer.address = text;
  return peer;
}

std::string limited_part(const std::string& address) {
  const auto bytes = bytes_of(address);
  if (!bytes) return {};
  const std::string all(bytes->begin(), bytes->end());
  return address.find(':') == address.npos ? all.substr(12) : all.substr(0, 8);
}

AddressLimit parse_address_limit(const std::string& text) {
  const std::size_t equals = text.find('=');
  const auto limit = equals == text.npos
                         ? std::nullopt
                         : number(std::string_view(text).substr(equals + 1));
  if (!limit || *limit < 0) {
    throw Exit(EX_CONFIG, "not of the form ADDRESS=NUMBER: " + text);
  }
  return {text.substr(0, equals), *limit};
}

AddressLimits::AddressLimits(const Limits& limits)
    : usual_(limits.per_address) {
  for (const AddressLimit& other : limits.others) {
    networks_.push_back(parse(other));
  }
  std::ranges::stable_sort(networks_, std::greater(), &Network::bits);
}

AddressLimits::Network AddressLimits::parse(const AddressLimit& limit) {
  const std::string& text = limit.network;
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string address = text.substr(0, slash);
  const auto bytes = bytes_of(address);
  const bool v4 = address.find(':') == address.npos;
  const int most = v4 ? 32 : 128;
  auto bits = slash == text.size()
                  ? std::optional(most)
                  : number(std::string_view(text).substr(slash + 1));
  if (!bytes || !bits || *bits < 0 || *bits > most) {
    throw Exit(EX_CONFIG, "not an address or a network: " + text);
  }
  return {*bytes, static_cast<unsigned>(*bits) + (v4 ? kMapped : 0),
          limit.connections};
}

int AddressLimits::of(const std::string& address) const {
  const auto bytes = bytes_of(address);
  if (!bytes) return usual_;
  for (const Network& network : networks_) {
    if (same_bits(*bytes, network.bytes, network.bits)) return network.limit;
  }
  return usual_;
}

}  // namespace mail::net
