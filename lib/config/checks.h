// What the text of a setting must look like.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mail::config {

// A host name in ASCII (RFC 5321 4.1.2; A-labels for international ones).
std::optional<std::string> check_hostname(std::string_view value);

// Not empty, no control characters.
std::optional<std::string> check_path(std::string_view value);

// "10.0.0.0/8", "2001:db8::/32", or a single address.
std::optional<std::string> check_network(std::string_view value);

// "192.0.2.53", "127.0.0.1@5353".
std::optional<std::string> check_server(std::string_view value);

// "127.0.0.1=5000", "10.0.0.0/8=200": as many as any limit of connections.
inline constexpr std::int64_t kMostConnections = 1'000'000;
std::optional<std::string> check_limit_for(std::string_view value);

// "cert.pem key.pem".
std::optional<std::string> check_pair_of_paths(std::string_view value);

// One character that may stand in a local part, or nothing.
std::optional<std::string> check_separator(std::string_view value);

// Empty, or the next hops of config/next_hop.h; a domain and its hops.
std::optional<std::string> check_hops(std::string_view value);
std::optional<std::string> check_route(std::string_view value);
// An address of that family, or nothing.
std::optional<std::string> check_ipv4(std::string_view value);
std::optional<std::string> check_ipv6(std::string_view value);

bool is_ip_address(std::string_view text);

}  // namespace mail::config
