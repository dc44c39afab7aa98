#include "config/checks.h"

#include <arpa/inet.h>

#include "base/ascii.h"
#include "config/next_hop.h"

namespace mail::config {
namespace {

std::optional<int> address_family(std::string_view text) {
  const std::string address(text);
  in6_addr buffer{};
  if (inet_pton(AF_INET, address.c_str(), &buffer) == 1) return AF_INET;
  if (inet_pton(AF_INET6, address.c_str(), &buffer) == 1) return AF_INET6;
  return std::nullopt;
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > 63) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  for (const char c : label) {
    if (!is_alpha(c) && !is_digit(c) && c != '-') return false;
  }
  return true;
}

}  // namespace

bool is_ip_address(std::string_view text) {
  return text.find('\0') == text.npos && address_family(text).has_value();
}

std::optional<std::string> check_ipv4(std::string_view value) {
  if (value.empty() || address_family(value) == AF_INET) return std::nullopt;
  return "\"" + std::string(value) + "\" is not an IPv4 address";
}

std::optional<std::string> check_ipv6(std::string_view value) {
  if (value.empty() || address_family(value) == AF_INET6) return std::nullopt;
  return "\"" + std::string(value) + "\" is not an IPv6 address";
}

std::optional<std::string> check_hostname(std::string_view value) {
  bool good = !value.empty() && value.size() <= 253;
  for (const auto label : split(value, '.')) good = good && is_label(label);
  if (good && !is_ip_address(value)) return std::nullopt;
  return "\"" + std::string(value) + "\" is not a host name";
}

std::optional<std::string> check_path(std::string_view value) {
  if (value.empty()) return "an empty path";
  for (const char c : value) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return "a control character in a path";
    }
  }
  return std::nullopt;
}

std::optional<std::string> check_network(std::string_view value) {
  const auto slash = value.find('/');
  const auto address = value.substr(0, slash);
  const auto wrong = "\"" + std::string(value) +
                     "\" is not a network such as 192.0.2.0/24";
  if (!is_ip_address(address)) return wrong;
  if (slash == value.npos) return std::nullopt;
  const auto bits = parse_number(value.substr(slash + 1));
  const std::uint64_t most = *address_family(address) == AF_INET ? 32 : 128;
  if (!bits || *bits > most) return wrong;
  return std::nullopt;
}

std::optional<std::string> check_server(std::string_view value) {
  const auto at = value.find('@');
  const auto port = at == value.npos
                        ? std::optional<std::uint64_t>(53)
                        : parse_number(value.substr(at + 1));
  if (is_ip_address(value.substr(0, at)) && port && *port > 0 &&
      *port <= 65535) {
    return std::nullopt;
  }
  return "\"" + std::string(value) + "\" is not ADDRESS or ADDRESS@PORT";
}

std::optional<std::string> check_limit_for(std::string_view value) {
  const auto equals = value.find('=');
  const auto limit = equals == value.npos
                         ? std::nullopt
                         : parse_number(value.substr(equals + 1));
  if (!limit) {
    return "\"" + std::string(value) +
           "\" is not of the form ADDRESS=CONNECTIONS";
  }
  if (*limit < 1 || *limit > std::uint64_t{kMostConnections}) {
    return "\"" + std::string(value) + "\" must give from 1 to " +
           std::to_string(kMostConnections) + " connections";
  }
  return check_network(value.substr(0, equals));
}

std::optional<std::string> check_pair_of_paths(std::string_view value) {
  const auto space = value.find(' ');
  if (space == value.npos || space == 0 || space + 1 == value.size() ||
      value.find(' ', space + 1) != value.npos) {
    return "\"" + std::string(value) +
           "\" is not a certificate and a key, with one space between";
  }
  return check_path(value);
}

std::optional<std::string> check_separator(std::string_view value) {
  if (value.empty() || (value.size() == 1 && value[0] > ' ' &&
                        std::string_view("+-_=~!#%&*").find(value[0]) !=
                            std::string_view::npos)) {
    return std::nullopt;
  }
  return "must be one of + - _ = ~ ! # % & * or empty";
}

std::optional<std::string> check_hops(std::string_view value) {
  if (value.empty()) return std::nullopt;
  const auto way = parse_way(value);
  if (way) return std::nullopt;
  return way.error().why;
}

std::optional<std::string> check_route(std::string_view value) {
  const auto route = parse_route(value);
  if (route) return std::nullopt;
  return route.error().why;
}

}  // namespace mail::config
