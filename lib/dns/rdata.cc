#include "dns/rdata.h"

#include <arpa/inet.h>

#include "base/ascii.h"

namespace mail::dns {
namespace {

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

std::optional<std::string> address_text(int family, std::string_view rdata) {
  char text[INET6_ADDRSTRLEN];
  if (!inet_ntop(family, rdata.data(), text, sizeof text)) {
    return std::nullopt;
  }
  return text;
}

// A label whose text form needs no escapes.
bool is_plain(std::string_view label) {
  for (const char c : label) {
    if (c <= ' ' || c >= 0x7f || c == '.' || c == '\\' || c == '"') {
      return false;
    }
  }
  return true;
}

}  // namespace

// Not compressed: the resolver library has expanded it.
std::optional<std::string> read_name(std::string_view rdata) {
  std::string name;
  std::size_t at = 0;
  while (at < rdata.size()) {
    const std::size_t length = byte_at(rdata, at++);
    if (length == 0) {
      if (at != rdata.size()) return std::nullopt;
      return lower(name);
    }
    if (length > 63 || length > rdata.size() - at) return std::nullopt;
    const auto label = rdata.substr(at, length);
    if (!is_plain(label)) return std::nullopt;
    if (!name.empty()) name += '.';
    name += label;
    if (name.size() > 253) return std::nullopt;
    at += length;
  }
  return std::nullopt;
}

std::optional<Mx> read_mx(std::string_view rdata) {
  if (rdata.size() < 3) return std::nullopt;
  const auto host = read_name(rdata.substr(2));
  if (!host) return std::nullopt;
  const unsigned preference = byte_at(rdata, 0) << 8 | byte_at(rdata, 1);
  return Mx{static_cast<std::uint16_t>(preference), *host};
}

std::optional<std::string> read_a(std::string_view rdata) {
  if (rdata.size() != 4) return std::nullopt;
  return address_text(AF_INET, rdata);
}

std::optional<std::string> read_aaaa(std::string_view rdata) {
  if (rdata.size() != 16) return std::nullopt;
  return address_text(AF_INET6, rdata);
}

std::optional<std::string> read_txt(std::string_view rdata) {
  if (rdata.empty()) return std::nullopt;
  std::string text;
  std::size_t at = 0;
  while (at < rdata.size()) {
    const std::size_t length = byte_at(rdata, at++);
    if (length > rdata.size() - at) return std::nullopt;
    text += rdata.substr(at, length);
    at += length;
  }
  return text;
}

std::optional<Tlsa> read_tlsa(std::string_view rdata) {
  if (rdata.size() < 4) return std::nullopt;
  return Tlsa{static_cast<std::uint8_t>(byte_at(rdata, 0)),
              static_cast<std::uint8_t>(byte_at(rdata, 1)),
              static_cast<std::uint8_t>(byte_at(rdata, 2)),
              std::string(rdata.substr(3))};
}

std::string write_name(std::string_view name) {
  std::string rdata;
  for (const auto label : split(name, '.')) {
    if (label.empty()) continue;
    rdata += static_cast<char>(label.size());
    rdata += label;
  }
  return rdata + '\0';
}

std::string write_mx(const Mx& mx) {
  std::string rdata;
  rdata += static_cast<char>(mx.preference >> 8);
  rdata += static_cast<char>(mx.preference & 255);
  return rdata + write_name(mx.host);
}

std::string write_txt(std::string_view text) {
  std::string rdata;
  do {
    const auto part = text.substr(0, 255);
    rdata += static_cast<char>(part.size());
    rdata += part;
    text.remove_prefix(part.size());
  } while (!text.empty());
  return rdata;
}

std::string write_tlsa(const Tlsa& tlsa) {
  std::string rdata;
  rdata += static_cast<char>(tlsa.usage);
  rdata += static_cast<char>(tlsa.selector);
  rdata += static_cast<char>(tlsa.matching);
  return rdata + tlsa.data;
}

std::optional<std::string> write_address(std::string_view address,
                                         Type type) {
  const int family = type == Type::A ? AF_INET : AF_INET6;
  char bytes[16];
  if (inet_pton(family, std::string(address).c_str(), bytes) != 1) {
    return std::nullopt;
  }
  return std::string(bytes, type == Type::A ? 4 : 16);
}

}  // namespace mail::dns
