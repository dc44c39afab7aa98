#include "directory/auth_service.h"

#include "base/base32.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/saslprep.h"
#include "directory/argon2.h"
#include "directory/name.h"

namespace mail::directory {
namespace {

using sasl::Answer;
using std::chrono::milliseconds;

constexpr Micros kExchangeTime = kMinute;
constexpr std::size_t kMaxExchanges = 10'000;
constexpr std::size_t kMaxExchangesAPeer = 200;
constexpr milliseconds kBannedDelay{8'000};

Answer answer(Answer::Kind kind) {
  Answer made;
  made.kind = kind;
  return made;
}

Answer unavailable() {
  count(Metric::Logins, "unavailable");
  return answer(Answer::Kind::Unavailable);
}

}  // namespace

std::string login_name(std::string_view given) {
  const auto prepared = saslprep(given);
  const auto name = parse_name(prepared ? *prepared : given);
  // What is no address belongs to nobody, but is answered all the same.
  return name ? key(*name) : "?" + std::string(given);
}

AuthService::AuthService(const Parts& parts, const AuthOptions& options)
    : parts_(parts), options_(options),
      remembered_(parts.clock, options.remember),
      nobody_hash_(argon2_hash(random_bytes(32))),
      nobody_key_{random_bytes(32), random_bytes(32)} {}

void AuthService::change(const AuthOptions& options) {
  options_ = options;
  remembered_.remember_for(options.remember);
}

AuthService::MaybeAnswer AuthService::start(const Origin& origin,
                                            const sasl::Attempt& attempt) {
  expire();
  auto exchange = sasl::Exchange::open(attempt, options_.sha1);
  if (!exchange) return answer(Answer::Kind::Unknown);
  if (parts_.failures.banned(attempt.peer_address)) {
    // Not even looked at: the answer is the same for a right password.
    count(Metric::Logins, "banned");
    auto no = answer(Answer::Kind::Failure);
    no.delay = kBannedDelay;
    return no;
  }
  if (too_many(network_of(attempt.peer_address))) {
    return unavailable();
  }
  auto move = exchange->start(attempt.initial);
  return advance(origin,
                 Open{origin.client, parts_.clock.now() + kExchangeTime,
                      attempt.service, attempt.peer_address,
                      attempt.mechanism, std::move(*exchange), "", {}},
                 std::move(move));
}

AuthService::MaybeAnswer AuthService::step(const Origin& origin,
                                           const std::string& exchange,
                                           std::string_view response) {
  auto node = open_.extract(Key{origin.client, exchange});
  if (node.empty()) return unavailable();
  --by_peer_[network_of(node.mapped().peer)];
  if (node.mapped().until <= parts_.clock.now()) {
    return unavailable();
  }
  auto move = node.mapped().exchange.step(response);
  return advance(origin, std::move(node.mapped()), std::move(move));
}

AuthService::MaybeAnswer AuthService::advance(const Origin& origin, Open open,
                                              sasl::Move move) {
  if (auto* send = std::get_if<sasl::Send>(&move)) {
    return keep(std::move(open), std::move(send->text));
  }
  if (const auto* wanted = std::get_if<sasl::FindVerifier>(&move)) {
    return find_verifier(std::move(open), *wanted);
  }
  if (const auto* check = std::get_if<sasl::CheckPassword>(&move)) {
    return check_password(origin, std::move(open), check->claim);
  }
  if (const auto* proof = std::get_if<sasl::Proven>(&move)) {
    return proven(open, proof->done);
  }
  return failure(open, "");
}

AuthService::MaybeAnswer AuthService::keep(Open open, std::string text) {
  auto challenge = answer(Answer::Kind::Challenge);
  challenge.text = std::move(text);
  challenge.exchange = base32(random_number(), 12);
  ++by_peer_[network_of(open.peer)];
  open_.emplace(Key{open.client, challenge.exchange}, std::move(open));
  return challenge;
}

AuthService::MaybeAnswer AuthService::find_verifier(
    Open open, const sasl::FindVerifier& wanted) {
  open.name = login_name(wanted.name);
  open.credential = parts_.credentials.find(open.name);
  std::optional<sasl::ScramVerifier> verifier;
  if (open.credential) {
    verifier = parts_.credentials.verifier(*open.credential, wanted.kind);
  }
  if (!verifier) {
    verifier.emplace();
    verifier->salt = parts_.credentials.salt_for(open.name);
    verifier->keys.push_back(nobody_key_);
  }
  std::string text = open.exchange.challenge(std::move(*verifier));
  return keep(std::move(open), std::move(text));
}

AuthService::MaybeAnswer AuthService::proven(const Open& open,
                                             const sasl::Scram::Done& done) {
  if (!unchanged(open)) return failure(open, "");
  return success(open, done.message);
}

// Whether the account is there, active, and as it was when the client was
// challenged: a password may have been changed meanwhile.
bool AuthService::unchanged(const Open& open) {
  if (!open.credential || !open.credential->active) return false;
  const auto now = parts_.credentials.find(open.credential->account);
  return now && now->version == open.credential->version;
}

AuthService::MaybeAnswer AuthService::check_password(
    const Origin& origin, Open open, const sasl::Claim& claim) {
  open.name = login_name(claim.name);
  open.credential = parts_.credentials.find(open.name);
  const auto prepared = saslprep(claim.password);
  const std::string& password = prepared ? *prepared : claim.password;
  const Credential known = open.credential.value_or(Credential{});

  const std::string tag =
      remembered_.tag(known.account, known.version, password);
  const std::string guess = blake2b(open.name + '\0' + tag, 32);
  const bool may = open.credential && known.active;
  if (may && remembered_.knows(tag)) return success(open, "");
  if (is_app_password(known, password) && may) return success(open, "");

  const std::uint64_t ticket = next_ticket_++;
  const std::string& hash = known.hash.empty() ? nobody_hash_ : known.hash;
  if (!parts_.pool.submit(
          {ticket, network_of(open.peer), hash, password})) {
    return unavailable();
  }
  pending_.emplace(ticket, Pending{origin, std::move(open), tag, guess});
  return std::nullopt;
}

// Asked for names that do not exist as well: it takes the same time.
bool AuthService::is_app_password(const Credential& credential,
                                  std::string_view password) {
  const std::string tag = parts_.credentials.app_tag(password);
  bool any = false;
  for (const auto& known :
       parts_.credentials.app_passwords(credential.account)) {
    if (same_secret(known.tag, tag)) any = true;
  }
  return any;
}

std::vector<AuthService::Reply> AuthService::finished() {
  std::vector<Reply> replies;
  for (const auto& outcome : parts_.pool.take()) {
    auto node = pending_.extract(outcome.ticket);
    if (node.empty()) continue;
    const Pending& done = node.mapped();
    Answer made;
    if (outcome.verdict == PasswordPool::Verdict::Dropped) {
      made = unavailable();
    } else {
      const bool right = outcome.verdict == PasswordPool::Verdict::Right &&
                         unchanged(done.open);
      if (right) remembered_.add(done.remembered_tag);
      made = right ? success(done.open, "") : failure(done.open, done.guess);
    }
    replies.push_back({done.origin, std::move(made)});
  }
  return replies;
}

Answer AuthService::success(const Open& open, std::string text) {
  parts_.failures.succeeded(open.peer);
  auto yes = answer(Answer::Kind::Success);
  count(Metric::Logins, "success");
  yes.text = std::move(text);
  yes.account = open.credential->account;
  yes.address = open.credential->address;
  log_info("login-ok", {{"peer", open.peer},
                        {"service", open.service},
                        {"account", yes.address},
                        {"mechanism", open.mechanism}});
  return yes;
}

Answer AuthService::failure(const Open& open, std::string_view guess) {
  auto no = answer(Answer::Kind::Failure);
  count(Metric::Logins, "failure");
  no.delay = parts_.failures.failed(open.peer, open.name, guess);
  // A name that does not exist may be a password typed into the wrong field.
  log_info("login-failed",
           {{"peer", open.peer},
            {"service", open.service},
            {"account", open.credential ? open.credential->address : ""},
            {"mechanism", open.mechanism}});
  return no;
}

void AuthService::cancel(std::uint64_t client, const std::string& exchange) {
  const auto node = open_.extract(Key{client, exchange});
  if (!node.empty()) --by_peer_[network_of(node.mapped().peer)];
}

void AuthService::forget(std::uint64_t client) {
  auto place = open_.lower_bound(Key{client, ""});
  while (place != open_.end() && place->first.first == client) {
    --by_peer_[network_of(place->second.peer)];
    place = open_.erase(place);
  }
}

bool AuthService::too_many(const std::string& peer) const {
  const auto known = is_loopback(peer) ? by_peer_.end() : by_peer_.find(peer);
  return open_.size() >= kMaxExchanges ||
         (known != by_peer_.end() && known->second >= kMaxExchangesAPeer);
}

// At most once a second: there may be many.
void AuthService::expire() {
  if (parts_.clock.now() < next_expiry_) return;
  next_expiry_ = parts_.clock.now() + kSecond;
  std::erase_if(open_, [&](const auto& entry) {
    if (entry.second.until > parts_.clock.now()) return false;
    --by_peer_[network_of(entry.second.peer)];
    return true;
  });
  std::erase_if(by_peer_, [](const auto& peer) { return peer.second == 0; });
}

}  // namespace mail::directory
