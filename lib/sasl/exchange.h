// Exchange: the server's half of one authentication, whatever mechanism.
//
// A state machine that knows no accounts: each message from the client makes
// a Move, which says what the owner has to do before the next.  A mechanism's
// own parser decides what is right; what it refuses ends the exchange.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "sasl/authd_client.h"
#include "sasl/authority.h"
#include "sasl/password.h"
#include "sasl/scram.h"

namespace mail::sasl {

// What a message of the client leads to.
struct Send { std::string text; };         // a challenge for the client
struct CheckPassword { Claim claim; };     // see whether they belong together
struct FindVerifier {                      // then challenge()
  std::string name;
  Sha kind;
};
struct Proven { Scram::Done done; };       // SCRAM: the client is who it says
struct Refused { std::string why; };       // for the log, not for the client

using Move =
    std::variant<Send, CheckPassword, FindVerifier, Proven, Refused>;

class Exchange {
 public:
  // Nothing when there is no such mechanism, or not on this connection.
  static std::optional<Exchange> open(const Attempt& attempt, Sha1 sha1);

  Move start(const std::optional<std::string>& initial);
  Move step(std::string_view response);

  // Behind FindVerifier: the text to send.
  std::string challenge(ScramVerifier verifier);

 private:
  struct Plain {};
  struct ScramState {
    Scram scram;
    Sha kind;
    bool challenged = false;
  };
  using Mechanism = std::variant<Plain, Login, ScramState>;

  explicit Exchange(Mechanism mechanism)
      : mechanism_(std::move(mechanism)) {}
  Move step_login(Login& login, std::string_view response);
  Move step_scram(ScramState& state, std::string_view response);

  Mechanism mechanism_;
};

}  // namespace mail::sasl
