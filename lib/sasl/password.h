// PLAIN and LOGIN: the mechanisms that show the server the password.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mail::sasl {

// Longer names and passwords are refused.
inline constexpr std::size_t kMaxCredential = 1000;

// What a client says it is.
struct Claim {
  std::string name;
  std::string password;
};

// PLAIN (RFC 4616): [authzid] NUL authcid NUL passwd.  Acting for somebody
// else is refused: the authzid is empty or the authcid again.
Result<Claim> parse_plain(std::string_view message);

// LOGIN (draft-murchison-sasl-login): asks for the name, then the password.
class Login {
 public:
  // What to send; the name may have come with the command.
  std::string start(std::optional<std::string_view> initial);

  // After the name: what to send.  After the password: nothing, claim() has
  // both.
  std::optional<std::string> step(std::string_view response);

  Result<Claim> claim() const;

 private:
  std::optional<std::string> name_;
  std::string password_;
};

}  // namespace mail::sasl
