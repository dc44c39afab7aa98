#include "relay/login.h"

#include <algorithm>

#include "base/base64.h"
#include "base/random.h"
#include "sasl/scram_client.h"

namespace mail::relay {
namespace {

constexpr int kContinue = 334;
constexpr int kDone = 235;
constexpr std::string_view kNoAuth = "4.7.0";

Verdict failed(std::string_view why) {
  return trouble(Verdict::Outcome::Temporary, kNoAuth,
                 std::string(kLoginFailed) + std::string(why));
}

Verdict refused(const Reply& reply) {
  Verdict verdict = verdict_of(reply);
  verdict.outcome = Verdict::Outcome::Temporary;
  verdict.text.insert(0, kLoginFailed);
  return verdict;
}

class Dialogue {
 public:
  Dialogue(Talk& talk, const Deadlines& deadlines)
      : talk_(talk), patience_(deadlines.command) {}

  // The server's challenge, decoded, to a line of ours.
  std::optional<std::string> challenge(std::string_view line) {
    const auto reply = ask(line);
    if (!reply) return {};
    if (reply->code != kContinue) {
      fail(refused(*reply));
      return {};
    }
    auto text = base64_decode(reply->text);
    if (!text) fail(failed("the challenge is no base64"));
    return text;
  }

  // The last line; the server's "yes".
  std::optional<Reply> finish(std::string_view line) {
    const auto reply = ask(line);
    if (!reply || reply->code == kDone) return reply;
    fail(refused(*reply));
    return {};
  }

  void fail(Verdict verdict) {
    talk_.hang_up("logging in failed");
    verdict_ = std::move(verdict);
  }
  const std::optional<Verdict>& verdict() const { return verdict_; }

 private:
  std::optional<Reply> ask(std::string_view line) {
    auto reply = talk_.ask(line, patience_);
    if (!reply || !talk_.usable()) {
      fail(talk_.why());
      return {};
    }
    return reply;
  }

  Talk& talk_;
  Patience patience_;
  std::optional<Verdict> verdict_;
};

// RFC 4954 4: the initial response goes with the command.
void scram(Dialogue& dialogue, const Credentials& credentials) {
  sasl::ScramClient client(credentials.user, credentials.password,
                           base64_encode(random_bytes(18)));
  const auto challenge = dialogue.challenge("AUTH SCRAM-SHA-256 " +
                                            base64_encode(client.first()));
  if (!challenge) return;
  const auto answer = client.last(*challenge);
  if (!answer) return dialogue.fail(failed(answer.error().why));
  const auto proof = dialogue.challenge(base64_encode(*answer));
  if (!proof) return;
  const auto known = client.finish(*proof);
  if (!known) return dialogue.fail(failed(known.error().why));
  (void)dialogue.finish("");
}

void plain(Dialogue& dialogue, const Credentials& credentials) {
  using std::string_literals::operator""s;
  (void)dialogue.finish(
      "AUTH PLAIN " + base64_encode("\0"s + credentials.user + "\0"s +
                                    credentials.password));
}

void login(Dialogue& dialogue, const Credentials& credentials) {
  if (!dialogue.challenge("AUTH LOGIN")) return;
  if (!dialogue.challenge(base64_encode(credentials.user))) return;
  (void)dialogue.finish(base64_encode(credentials.password));
}

}  // namespace

std::optional<Verdict> log_in(Talk& talk, const Extensions& server,
                              const Credentials& credentials,
                              const Deadlines& deadlines) {
  const auto offered = [&](std::string_view name) {
    return std::ranges::find(server.auth, name) != server.auth.end();
  };
  const bool open = talk.wire().tls().empty() && !talk.wire().local();
  Dialogue dialogue(talk, deadlines);
  if (offered("SCRAM-SHA-256")) {
    scram(dialogue, credentials);
  } else if (open) {
    return failed("without TLS the password is not shown");
  } else if (offered("PLAIN")) {
    plain(dialogue, credentials);
  } else if (offered("LOGIN")) {
    login(dialogue, credentials);
  } else {
    return failed("the server offers no mechanism that we know");
  }
  return dialogue.verdict();
}

}  // namespace mail::relay
