// Rdata: the wire form of what DNS records say (RFC 1035 section 3.3).
//
// Read from strangers, so every reader takes any bytes; what is malformed is
// nothing.  Written for local records.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dns/resolver.h"

namespace mail::dns {

std::optional<Mx> read_mx(std::string_view rdata);
std::optional<std::string> read_name(std::string_view rdata);
std::optional<std::string> read_a(std::string_view rdata);
std::optional<std::string> read_aaaa(std::string_view rdata);
std::optional<std::string> read_txt(std::string_view rdata);
std::optional<Tlsa> read_tlsa(std::string_view rdata);

// A canonical name; "" is the root.
std::string write_name(std::string_view name);
std::string write_mx(const Mx& mx);
std::string write_txt(std::string_view text);
std::string write_tlsa(const Tlsa& tlsa);

// 4 or 16 bytes; nothing when it is no address of that family.
std::optional<std::string> write_address(std::string_view address, Type type);

}  // namespace mail::dns
