// Name: an address in the one form the directory stores and compares.
//
// The domain is canonical (mime/address.h); the case of the local part is
// folded, because no account of ours shall differ from another by case alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mime/address.h"

namespace mail::directory {

using Name = mime::Address;

Result<Name> parse_name(std::string_view address);

// "@example.org", the catch-all of a domain, as a name without local part.
Result<Name> parse_alias_name(std::string_view address);

// What the tables hold: "ann@example.org", "@example.org".
std::string key(const Name& name);

// "ann+lists" is "ann" with the detail "lists" (RFC 5233).
struct Subaddress {
  std::string user;
  std::string detail;
};
std::optional<Subaddress> split_subaddress(std::string_view local,
                                           std::string_view separator);

}  // namespace mail::directory
