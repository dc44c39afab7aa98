#include "directory/name.h"

#include "base/text.h"

namespace mail::directory {

Result<Name> parse_name(std::string_view address) {
  auto name = mime::Address::parse(address);
  if (name) name->local = fold_case(name->local);
  return name;
}

Result<Name> parse_alias_name(std::string_view address) {
  if (!address.starts_with('@')) return parse_name(address);
  auto domain = mime::parse_domain(address.substr(1));
  if (!domain) return std::unexpected(domain.error());
  return Name{"", *domain};
}

std::string key(const Name& name) {
  return name.local.empty() ? '@' + name.domain : name.str();
}

std::optional<Subaddress> split_subaddress(std::string_view local,
                                           std::string_view separator) {
  if (separator.empty()) return std::nullopt;
  const auto at = local.find(separator);
  if (at == 0 || at == local.npos) return std::nullopt;
  return Subaddress{std::string(local.substr(0, at)),
                    std::string(local.substr(at + separator.size()))};
}

}  // namespace mail::directory
