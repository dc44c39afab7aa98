#include "sasl/password.h"

#include "base/ascii.h"

namespace mail::sasl {
namespace {

Result<Claim> checked(std::string_view name, std::string_view password) {
  if (name.empty() || password.empty()) return refuse("empty credential");
  if (name.size() > kMaxCredential || password.size() > kMaxCredential) {
    return refuse("credential too long");
  }
  return Claim{std::string(name), std::string(password)};
}

}  // namespace

Result<Claim> parse_plain(std::string_view message) {
  const auto parts = split(message, '\0');
  if (parts.size() != 3) return refuse("not a PLAIN message");
  if (!parts[0].empty() && parts[0] != parts[1]) {
    return refuse("acting for another user");
  }
  return checked(parts[1], parts[2]);
}

std::string Login::start(std::optional<std::string_view> initial) {
  // Some clients send an empty initial response and mean none.
  if (!initial || initial->empty()) return "Username:";
  name_ = *initial;
  return "Password:";
}

std::optional<std::string> Login::step(std::string_view response) {
  if (!name_) {
    name_ = response;
    return "Password:";
  }
  password_ = response;
  return std::nullopt;
}

Result<Claim> Login::claim() const {
  return checked(name_.value_or(""), password_);
}

}  // namespace mail::sasl
