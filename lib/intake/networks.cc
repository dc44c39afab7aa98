#include "intake/networks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "base/process.h"

namespace mail::intake {
namespace {

using Bytes = std::array<unsigned char, 16>;

std::optional<Bytes> address_bytes(const std::string& text) {
  Bytes bytes{};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  bytes = {};
  bytes[10] = bytes[11] = 0xff;
  if (::inet_pton(AF_INET, text.c_str(), &bytes[12]) == 1) return bytes;
  return {};
}

bool same_front(const Bytes& a, const Bytes& b, unsigned bits) {
  const unsigned whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  if (bits % 8 == 0) return true;
  const unsigned shift = 8 - bits % 8;
  return a[whole] >> shift == b[whole] >> shift;
}

}  // namespace

Networks::Networks(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) networks_.push_back(parse(text));
}

Networks::Network Networks::parse(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string address = text.substr(0, slash);
  const bool v4 = address.find(':') == std::string::npos;
  const unsigned most = v4 ? 32 : 128;
  const auto bytes = address_bytes(address);
  const auto bits = slash == std::string::npos
                        ? std::optional<std::uint64_t>(most)
                        : parse_number(text.substr(slash + 1));
  if (!bytes || !bits || *bits > most) {
    throw Exit(78, "smtp_relay_networks: \"" + text + "\" is no network");
  }
  return {*bytes, static_cast<unsigned>(*bits) + (v4 ? 96 : 0)};
}

bool Networks::contains(std::string_view address) const {
  const auto bytes = address_bytes(std::string(address));
  return bytes && std::ranges::any_of(networks_, [&](const Network& network) {
           return same_front(network.bytes, *bytes, network.bits);
         });
}

}  // namespace mail::intake
