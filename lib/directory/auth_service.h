// AuthService: every decision of authd, without sockets.
//
//   auto answer = service.start({client, number}, attempt);
//   ...
//   for (auto& reply : service.finished()) send(reply);
//
// What needs Argon2id is answered later, from finished().  A name that does
// not exist takes the same way, and the same time, as one that does: its hash
// is a hash of nothing anybody knows, its salt is made from the name.  An
// exchange belongs to the client it began with, and ends after 60 s.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "directory/credentials.h"
#include "directory/failures.h"
#include "directory/password_pool.h"
#include "directory/remembered.h"
#include "sasl/authority.h"
#include "sasl/exchange.h"

namespace mail::directory {

struct AuthOptions {
  sasl::Sha1 sha1 = sasl::Sha1::No;
  Micros remember = 600 * kSecond;
};

class AuthService {
 public:
  // Who asked: a client of the socket, and the number of its question.
  struct Origin {
    std::uint64_t client = 0;
    std::uint64_t number = 0;
  };
  struct Reply {
    Origin origin;
    sasl::Answer answer;
  };
  // What the service works with; all must outlive it.
  struct Parts {
    Credentials& credentials;
    PasswordPool& pool;
    Failures& failures;
    const Clock& clock;
  };

  AuthService(const Parts& parts, const AuthOptions& options);

  // Nothing: the answer comes from finished().
  std::optional<sasl::Answer> start(const Origin& origin,
                                    const sasl::Attempt& attempt);
  std::optional<sasl::Answer> step(const Origin& origin,
                                   const std::string& exchange,
                                   std::string_view response);
  void cancel(std::uint64_t client, const std::string& exchange);
  // The client is gone, and its exchanges with it.
  void forget(std::uint64_t client);

  // The answers that have become ready since.
  std::vector<Reply> finished();

  void change(const AuthOptions& options);
  std::size_t open_exchanges() const { return open_.size(); }

 private:
  struct Open {
    std::uint64_t client = 0;
    Micros until = 0;
    std::string service, peer, mechanism;
    sasl::Exchange exchange;
    std::string name;                      // once it is known
    std::optional<Credential> credential;  // SCRAM: whose challenge it was
  };
  // A password that Argon2id is looking at.
  struct Pending {
    Origin origin;
    Open open;
    std::string remembered_tag;
    std::string guess;
  };
  using Key = std::pair<std::uint64_t, std::string>;
  using MaybeAnswer = std::optional<sasl::Answer>;

  MaybeAnswer advance(const Origin& origin, Open open, sasl::Move move);
  MaybeAnswer keep(Open open, std::string text);
  MaybeAnswer find_verifier(Open open, const sasl::FindVerifier& wanted);
  MaybeAnswer check_password(const Origin& origin, Open open,
                             const sasl::Claim& claim);
  MaybeAnswer proven(const Open& open, const sasl::Scram::Done& done);
  sasl::Answer success(const Open& open, std::string text);
  sasl::Answer failure(const Open& open, std::string_view guess);
  bool unchanged(const Open& open);
  bool is_app_password(const Credential& credential,
                       std::string_view password);
  bool too_many(const std::string& peer) const;
  void expire();

  Parts parts_;
  AuthOptions options_;
  Remembered remembered_;
  std::string nobody_hash_;            // of a password nobody knows
  sasl::ScramKey nobody_key_;
  std::map<Key, Open> open_;
  std::map<std::string, std::size_t> by_peer_;
  std::map<std::uint64_t, Pending> pending_;
  std::uint64_t next_ticket_ = 1;
  Micros next_expiry_ = 0;
};

// The form of a login name that credentials are found by.
std::string login_name(std::string_view given);

}  // namespace mail::directory
