#include "sasl/scram_client.h"

#include <optional>
#include <vector>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/digest.h"
#include "base/saslprep.h"
#include "base/sha.h"

namespace mail::sasl {
namespace {

constexpr std::size_t kMaxMessage = 8192;
constexpr std::string_view kHeader = "n,,";  // no channel binding, no authzid

std::string escape(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == ',') {
      out += "=2C";
    } else if (c == '=') {
      out += "=3D";
    } else {
      out += c;
    }
  }
  return out;
}

std::string prepared(std::string_view text) {
  return saslprep(text).value_or(std::string(text));
}

struct Challenge {
  std::string_view nonce;
  std::string salt;
  int rounds = 0;
};

// "r=" nonce ",s=" salt ",i=" rounds [extensions].
std::optional<Challenge> read(std::string_view message) {
  if (message.size() > kMaxMessage) return {};
  const auto parts = split(message, ',');
  if (parts.size() < 3 || !parts[0].starts_with("r=") ||
      !parts[1].starts_with("s=") || !parts[2].starts_with("i=")) {
    return {};
  }
  auto salt = base64_decode(parts[1].substr(2));
  const auto rounds = parse_number(parts[2].substr(2));
  if (!salt || salt->empty() || !rounds || *rounds < kLeastScramRounds ||
      *rounds > kMostScramRounds) {
    return {};
  }
  return Challenge{parts[0].substr(2), std::move(*salt),
                   static_cast<int>(*rounds)};
}

}  // namespace

ScramClient::ScramClient(std::string_view name, std::string_view password,
                         std::string_view nonce)
    : password_(prepared(password)),
      nonce_(nonce),
      first_bare_("n=" + escape(prepared(name)) + ",r=" + nonce_) {}

std::string ScramClient::first() const {
  return std::string(kHeader) + first_bare_;
}

Result<std::string> ScramClient::last(std::string_view challenge) {
  const auto asked = read(challenge);
  if (!asked) return refuse("the server's challenge is none");
  if (!asked->nonce.starts_with(nonce_) ||
      asked->nonce.size() <= nonce_.size()) {
    return refuse("the server made up its nonce alone");
  }
  constexpr Sha kKind = Sha::Sha256;
  const std::string salted =
      pbkdf2(kKind, password_, asked->salt, asked->rounds);
  const std::string bare =
      "c=" + base64_encode(kHeader) + ",r=" + std::string(asked->nonce);
  const std::string text =
      first_bare_ + ',' + std::string(challenge) + ',' + bare;
  std::string proof = hmac(kKind, salted, "Client Key");
  const std::string signature = hmac(kKind, sha(kKind, proof), text);
  for (std::size_t i = 0; i < proof.size(); ++i) {
    proof[i] = static_cast<char>(proof[i] ^ signature[i]);
  }
  expected_ = hmac(kKind, hmac(kKind, salted, "Server Key"), text);
  return bare + ",p=" + base64_encode(proof);
}

Result<void> ScramClient::finish(std::string_view message) const {
  if (message.size() > kMaxMessage) return refuse("the message is too long");
  if (!message.starts_with("v=")) return refuse("no proof of the server");
  const auto proof =
      base64_decode(message.substr(2, message.find(',') - 2));
  if (expected_.empty() || !proof || !same_secret(*proof, expected_)) {
    return refuse("the server does not know the password");
  }
  return {};
}

}  // namespace mail::sasl
