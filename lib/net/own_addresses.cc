#include "net/own_addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <memory>

namespace mail::net {
namespace {

std::string text_of(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (!::inet_ntop(family, address, text.data(), text.size())) return {};
  return text.data();
}

std::string text_of(const in6_addr& six) {
  if (IN6_IS_ADDR_V4MAPPED(&six)) return text_of(AF_INET, six.s6_addr + 12);
  return text_of(AF_INET6, &six);
}

std::string text_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    return text_of(AF_INET, &four.sin_addr);
  }
  if (address.sa_family != AF_INET6) return {};
  sockaddr_in6 six{};
  std::memcpy(&six, &address, sizeof six);
  return text_of(six.sin6_addr);
}

}  // namespace

std::string canonical_address(const std::string& text) {
  in_addr four{};
  if (::inet_pton(AF_INET, text.c_str(), &four) == 1) {
    return text_of(AF_INET, &four);
  }
  in6_addr six{};
  if (::inet_pton(AF_INET6, text.c_str(), &six) != 1) return {};
  return text_of(six);
}

std::set<std::string> own_addresses() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(
      first, &::freeifaddrs);
  std::set<std::string> addresses;
  for (const ifaddrs* one = first; one; one = one->ifa_next) {
    if (!one->ifa_addr) continue;
    auto text = text_of(*one->ifa_addr);
    if (!text.empty()) addresses.insert(std::move(text));
  }
  return addresses;
}

}  // namespace mail::net
