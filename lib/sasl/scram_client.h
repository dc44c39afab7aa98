// ScramClient: the client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677).
//
//   ScramClient scram(name, password, nonce);
//   send(scram.first());
//   send(*scram.last(challenge));
//   scram.finish(what_the_server_said_then);   // it knows the password too
//
// Without channel binding.  What the server sends is bounded: it can neither
// make us compute for minutes nor choose a nonce of its own.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace mail::sasl {

// More rounds than this are refused: about a second's work.
inline constexpr int kMostScramRounds = 1'000'000;
inline constexpr int kLeastScramRounds = 4096;  // RFC 7677 section 4

class ScramClient {
 public:
  // `nonce`: printable, without comma, not to be guessed.
  ScramClient(std::string_view name, std::string_view password,
              std::string_view nonce);

  // The client-first-message.
  std::string first() const;

  // Takes the server-first-message; gives the client-final-message.
  Result<std::string> last(std::string_view challenge);

  // Takes the server-final-message: a refusal when the server did not prove
  // that it knows the password.
  Result<void> finish(std::string_view message) const;

 private:
  std::string password_;
  std::string nonce_;
  std::string first_bare_;
  std::string expected_;   // of the server's proof; empty: not yet
};

}  // namespace mail::sasl
