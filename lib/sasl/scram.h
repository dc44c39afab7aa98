// SCRAM (RFC 5802, RFC 7677): the server's side, as a state machine.
//
//   Scram scram(Sha::Sha256, binding);
//   auto name = scram.first(message);           // whom to look up
//   send(scram.challenge(verifier, nonce));
//   auto done = scram.last(message);            // which key, server's proof
//
// The server never sees the password, and keeps nothing one could log in
// with.  Channel binding ties the exchange to the TLS connection: RFC 9266
// (tls-exporter) and RFC 5929 section 4 (tls-server-end-point).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sha.h"

namespace mail::sasl {

// As many as clients on Cyrus SASL compute (mbsync, mutt): they refuse more.
inline constexpr int kScramIterations = 65'536;

// RFC 5802 section 3: what of a password the server keeps.
struct ScramKey {
  std::string stored;
  std::string server;
};

ScramKey scram_key(Sha kind, std::string_view password, std::string_view salt,
                   int iterations);

// Several passwords (app passwords) share the salt that the client is told.
struct ScramVerifier {
  std::string salt;
  int iterations = kScramIterations;
  std::vector<ScramKey> keys;
};

// What the connection offers and the mechanism's name demands.
struct ChannelBinding {
  enum class Wanted { No, Yes };   // Yes: the mechanism ends in -PLUS
  Wanted wanted = Wanted::No;
  std::string tls_exporter;        // empty: cannot be used
  std::string tls_server_end_point;
};

class Scram {
 public:
  Scram(Sha kind, ChannelBinding binding)
      : kind_(kind), binding_(std::move(binding)) {}

  // Takes the client-first-message; gives the user name, unescaped.
  Result<std::string> first(std::string_view message);

  // The server-first-message.  `nonce`: printable, without comma.
  std::string challenge(ScramVerifier verifier, std::string_view nonce);

  // Takes the client-final-message.  A refusal does not tell a wrong proof
  // from a name that does not exist.
  struct Done {
    std::size_t key = 0;    // which of the verifier's keys it was
    std::string message;    // the server-final-message
  };
  Result<Done> last(std::string_view message) const;

 private:
  Result<std::string_view> gs2_header(std::string_view message);
  Result<void> choose_binding(std::string_view flag);

  Sha kind_;
  ChannelBinding binding_;
  std::string gs2_;           // "n,," or "p=tls-exporter,,"
  std::string bound_;         // the binding data that must come back
  std::string authzid_;
  std::string first_bare_;
  std::string nonce_;         // the client's, then with ours behind it
  std::string server_first_;
  ScramVerifier verifier_;
};

}  // namespace mail::sasl
