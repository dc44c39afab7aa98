#include "sasl/exchange.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "base/random.h"

namespace mail::sasl {
namespace {

constexpr std::size_t kNonceBytes = 24;

Move check(const Result<Claim>& claim) {
  if (!claim) return Refused{claim.error().why};
  return CheckPassword{*claim};
}

}  // namespace

std::optional<Exchange> Exchange::open(const Attempt& attempt, Sha1 sha1) {
  if (!attempt.secure) return std::nullopt;
  std::string name = upper(attempt.mechanism);
  if (name == "PLAIN") return Exchange(Plain{});
  if (name == "LOGIN") return Exchange(Login{});

  ChannelBinding binding{ChannelBinding::Wanted::No, attempt.tls_exporter,
                         attempt.tls_server_end_point};
  if (name.ends_with("-PLUS")) {
    name.resize(name.size() - 5);
    binding.wanted = ChannelBinding::Wanted::Yes;
    if (binding.tls_exporter.empty() && binding.tls_server_end_point.empty()) {
      return std::nullopt;
    }
  }
  const bool known = name == "SCRAM-SHA-256" ||
                     (name == "SCRAM-SHA-1" && sha1 == Sha1::Yes);
  if (!known) return std::nullopt;
  const Sha kind = name == "SCRAM-SHA-1" ? Sha::Sha1 : Sha::Sha256;
  return Exchange(ScramState{Scram(kind, std::move(binding)), kind});
}

Move Exchange::start(const std::optional<std::string>& initial) {
  if (auto* login = std::get_if<Login>(&mechanism_)) {
    return Send{login->start(initial)};
  }
  // PLAIN and SCRAM: the client speaks first (RFC 4422 section 5).
  if (!initial) return Send{""};
  return step(*initial);
}

Move Exchange::step(std::string_view response) {
  if (auto* login = std::get_if<Login>(&mechanism_)) {
    return step_login(*login, response);
  }
  if (auto* scram = std::get_if<ScramState>(&mechanism_)) {
    return step_scram(*scram, response);
  }
  return check(parse_plain(response));
}

Move Exchange::step_login(Login& login, std::string_view response) {
  auto next = login.step(response);
  if (next) return Send{std::move(*next)};
  return check(login.claim());
}

Move Exchange::step_scram(ScramState& state, std::string_view response) {
  if (!state.challenged) {
    auto name = state.scram.first(response);
    if (!name) return Refused{name.error().why};
    return FindVerifier{std::move(*name), state.kind};
  }
  auto done = state.scram.last(response);
  if (!done) return Refused{done.error().why};
  return Proven{std::move(*done)};
}

std::string Exchange::challenge(ScramVerifier verifier) {
  auto& state = std::get<ScramState>(mechanism_);
  state.challenged = true;
  return state.scram.challenge(std::move(verifier),
                               base64_encode(random_bytes(kNonceBytes)));
}

}  // namespace mail::sasl
