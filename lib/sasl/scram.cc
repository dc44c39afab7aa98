#include "sasl/scram.h"

#include "base/base64.h"
#include "base/digest.h"
#include "sasl/password.h"

namespace mail::sasl {
namespace {

constexpr std::size_t kMaxNonce = 512;
constexpr std::size_t kMaxMessage = 8192;

// Takes the text up to the next comma off the front.
std::string_view next_field(std::string_view& rest) {
  const auto comma = rest.find(',');
  const std::string_view field = rest.substr(0, comma);
  rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
  return field;
}

// saslname: "=2C" is a comma, "=3D" an equals sign, nothing else may follow
// an equals sign (RFC 5802 section 5.1).
std::optional<std::string> unescape(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    if (name[0] != '=') {
      out += name[0];
      name.remove_prefix(1);
      continue;
    }
    const std::string_view code = name.substr(0, 3);
    if (code != "=2C" && code != "=3D") return std::nullopt;
    out += code == "=2C" ? ',' : '=';
    name.remove_prefix(3);
  }
  if (out.find('\0') != out.npos) return std::nullopt;
  return out;
}

bool is_nonce(std::string_view text) {
  for (const char c : text) {
    if (c < '!' || c > '~' || c == ',') return false;
  }
  return !text.empty() && text.size() <= kMaxNonce;
}

std::string exclusive_or(std::string a, std::string_view b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = static_cast<char>(a[i] ^ b[i]);
  }
  return a;
}

}  // namespace

ScramKey scram_key(Sha kind, std::string_view password, std::string_view salt,
                   int iterations) {
  const std::string salted = pbkdf2(kind, password, salt, iterations);
  return {sha(kind, hmac(kind, salted, "Client Key")),
          hmac(kind, salted, "Server Key")};
}

// RFC 5802 section 6: "y" from a client that saw us offer -PLUS means that
// somebody took the offer out on the way.
Result<void> Scram::choose_binding(std::string_view flag) {
  const bool plus = binding_.wanted == ChannelBinding::Wanted::Yes;
  const bool offered = !binding_.tls_exporter.empty() ||
                       !binding_.tls_server_end_point.empty();
  if (flag == "n" || flag == "y") {
    if (plus) return refuse("-PLUS without channel binding");
    if (flag == "y" && offered) return refuse("channel binding was hidden");
    return {};
  }
  if (!plus) return refuse("channel binding without -PLUS");
  if (flag == "p=tls-exporter") bound_ = binding_.tls_exporter;
  if (flag == "p=tls-server-end-point") bound_ = binding_.tls_server_end_point;
  if (bound_.empty()) return refuse("unsupported channel binding");
  return {};
}

// gs2-header = gs2-cbind-flag "," [ "a=" saslname ] ","; gives what follows.
Result<std::string_view> Scram::gs2_header(std::string_view message) {
  std::string_view rest = message;
  const std::string_view flag = next_field(rest);
  const auto chosen = choose_binding(flag);
  if (!chosen) return std::unexpected(chosen.error());
  const std::string_view authzid = next_field(rest);
  if (!authzid.empty()) {
    const auto name = authzid.starts_with("a=") ? unescape(authzid.substr(2))
                                                : std::nullopt;
    if (!name) return refuse("bad authorization name");
    authzid_ = *name;
  }
  gs2_ = message.substr(0, message.size() - rest.size());
  if (!gs2_.ends_with(',')) return refuse("message too short");
  return rest;
}

Result<std::string> Scram::first(std::string_view message) {
  if (message.size() > kMaxMessage) return refuse("message too long");
  const auto bare = gs2_header(message);
  if (!bare) return std::unexpected(bare.error());
  first_bare_ = *bare;
  std::string_view rest = *bare;
  const std::string_view user = next_field(rest);
  // "m=" in front would be an extension we must know and do not.
  if (!user.starts_with("n=")) return refuse("no user name");
  auto name = unescape(user.substr(2));
  if (!name || name->empty() || name->size() > kMaxCredential) {
    return refuse("bad user name");
  }
  if (!authzid_.empty() && authzid_ != *name) {
    return refuse("acting for another user");
  }
  const std::string_view nonce = next_field(rest);
  if (!nonce.starts_with("r=") || !is_nonce(nonce.substr(2))) {
    return refuse("bad nonce");
  }
  nonce_ = nonce.substr(2);
  return std::move(*name);
}

std::string Scram::challenge(ScramVerifier verifier, std::string_view nonce) {
  verifier_ = std::move(verifier);
  nonce_ += nonce;
  server_first_ = "r=" + nonce_ + ",s=" + base64_encode(verifier_.salt) +
                  ",i=" + std::to_string(verifier_.iterations);
  return server_first_;
}

Result<Scram::Done> Scram::last(std::string_view message) const {
  if (message.size() > kMaxMessage) return refuse("message too long");
  const auto mark = message.rfind(",p=");
  if (mark == message.npos) return refuse("no proof");
  const auto proof = base64_decode(message.substr(mark + 3));
  std::string_view rest = message.substr(0, mark);
  const std::string auth_message =
      first_bare_ + ',' + server_first_ + ',' + std::string(rest);

  const std::string_view binding = next_field(rest);
  if (binding != "c=" + base64_encode(gs2_ + bound_)) {
    return refuse("channel bindings do not match");
  }
  if (next_field(rest) != "r=" + nonce_) return refuse("wrong nonce");
  if (!proof) return refuse("bad proof");

  for (std::size_t i = 0; i < verifier_.keys.size(); ++i) {
    const ScramKey& key = verifier_.keys[i];
    const std::string signature = hmac(kind_, key.stored, auth_message);
    if (proof->size() != signature.size()) return refuse("bad proof");
    const std::string client_key = exclusive_or(*proof, signature);
    if (!same_secret(sha(kind_, client_key), key.stored)) continue;
    return Done{
        i, "v=" + base64_encode(hmac(kind_, key.server, auth_message))};
  }
  return refuse("wrong proof");
}

}  // namespace mail::sasl
