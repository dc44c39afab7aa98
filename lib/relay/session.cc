#include "relay/session.h"

#include "base/ascii.h"
#include "relay/fit.h"
#include "relay/login.h"

namespace mail::relay {
namespace {

using Outcome = Verdict::Outcome;

bool unknown_command(const Reply& reply) {
  return reply.permanent() && reply.code != 521;
}

// The reply as the reason why this server is of no use.
Verdict refused(const Reply& reply) {
  Verdict verdict = verdict_of(reply);
  if (verdict.outcome == Outcome::Delivered) {
    verdict.outcome = Outcome::Temporary;  // 2xx where none makes sense
  }
  return verdict;
}

// Nobody gets it, and the server was not even asked.
Mailing::Outcome refused(const Transaction& transaction, const Verdict& why) {
  return {.verdicts = std::vector<std::optional<Verdict>>(
              transaction.recipients.size(), why),
          .begun = true};
}

Extensions of_lmtp(Extensions server) {
  server.pipelining = true;  // RFC 2033 5: it must
  return server;
}

}  // namespace

Session::Session(Wire& wire, Setup setup)
    : wire_(wire), setup_(std::move(setup)), talk_(wire) {}

std::optional<Verdict> Session::open() {
  if (auto why = greeting()) return why;
  if (auto why = hello()) return why;
  if (auto why = secure()) return why;
  if (is_loop()) {
    is_us_ = true;
    return trouble(Outcome::Permanent, "5.4.6",
                   "the server is this one: the mail would run in a loop");
  }
  return log_in();
}

std::optional<Verdict> Session::greeting() {
  const auto reply = talk_.read(setup_.deadlines.command);
  hung_up_ = !reply && !wire_.timed_out();
  if (!reply) return talk_.why();
  if (reply->code == 220 && talk_.usable()) return {};
  talk_.hang_up("the greeting was no welcome");
  return refused(*reply);
}

std::optional<Verdict> Session::hello() {
  const bool lmtp = setup_.hop.protocol == Hop::Protocol::Lmtp;
  auto reply = talk_.ask((lmtp ? "LHLO " : "EHLO ") + setup_.hostname,
                         setup_.deadlines.command);
  if (reply && talk_.usable() && reply->positive()) {
    server_ = read_extensions(*reply);
    if (lmtp) server_ = of_lmtp(std::move(server_));
    return {};
  }
  // RFC 5321 3.2: a server without EHLO is still a server.
  if (reply && talk_.usable() && !lmtp && unknown_command(*reply)) {
    reply = talk_.ask("HELO " + setup_.hostname, setup_.deadlines.command);
    if (reply && talk_.usable() && reply->positive()) {
      server_ = {};
      server_.name = read_extensions(*reply).name;
      return {};
    }
  }
  if (!reply) return talk_.why();
  talk_.hang_up("EHLO was refused");
  return refused(*reply);
}

bool Session::must_encrypt() const {
  return setup_.hop.tls != Hop::Tls::May || setup_.proof == Proof::Name;
}

std::optional<Verdict> Session::secure() {
  if (!wire_.tls().empty()) return {};
  const bool may = setup_.encryption == Encryption::WhenOffered;
  if (!must_encrypt() && (!server_.starttls || !may)) return {};
  if (!server_.starttls) {
    return trouble(Outcome::Temporary, "4.7.4",
                   "the server does not offer STARTTLS, which is demanded");
  }
  const auto reply = talk_.ask("STARTTLS", setup_.deadlines.command);
  if (!reply) return talk_.why();
  if (!talk_.usable()) return refused(*reply);
  if (reply->code != 220) {
    if (!must_encrypt()) return {};
    Verdict verdict = refused(*reply);
    verdict.outcome = Outcome::Temporary;
    return verdict;
  }
  // What came before the handshake may be anybody's.
  handshake_failed_ = talk_.ahead();
  if (!handshake_failed_) {
    wire_.patience(setup_.deadlines.handshake);
    const bool named =
        setup_.hop.tls == Hop::Tls::Verified || setup_.proof == Proof::Name;
    handshake_failed_ = !wire_.start_tls(named ? Proof::Name : Proof::None);
  }
  if (handshake_failed_) {
    talk_.hang_up("TLS failed: " + wire_.trouble());
    return trouble(Outcome::Temporary, "4.7.5", talk_.why().text);
  }
  return hello();
}

// RFC 5321 6.3: only where the way was found in the DNS, since a filter on
// this very machine often goes by the same name.
bool Session::is_loop() const {
  return setup_.hop.kind == Hop::Kind::Mx &&
         setup_.hop.protocol == Hop::Protocol::Smtp &&
         same_text(server_.name, setup_.hostname);
}

std::optional<Verdict> Session::log_in() {
  if (setup_.credentials == nullptr) return {};
  auto why =
      relay::log_in(talk_, server_, *setup_.credentials, setup_.deadlines);
  barred_ = why && why->code / 100 == 5;
  return why;
}

Mailing::Outcome Session::carry(const Transaction& transaction,
                                const Fd& file) {
  const Content content(transaction, file);
  Circumstances circumstances;
  if (transaction.smtputf8 && transaction.has_8bit && !server_.utf8) {
    circumstances.utf8_header = content.utf8_header();
  }
  circumstances.proved_tls = wire_.proved();
  if (const auto why = misfit(transaction, server_, circumstances)) {
    return refused(transaction, *why);
  }
  if (needs_downgrade(transaction, server_)) {
    return carry_seven_bit(transaction, file);
  }
  return send(transaction, content);
}

Mailing::Outcome Session::carry_seven_bit(const Transaction& transaction,
                                          const Fd& file) {
  const Downgrade downgrade(transaction, file);
  if (!downgrade.why().empty()) {
    return refused(transaction,
                   trouble(Outcome::Permanent, "5.6.3",
                           "the server does not take 8-bit text (8BITMIME), "
                           "and the message cannot be converted: " +
                               downgrade.why()));
  }
  // It has grown.
  if (const auto why = misfit(downgrade.transaction(), server_,
                              {.proved_tls = wire_.proved()})) {
    return refused(transaction, *why);
  }
  auto outcome = send(downgrade.transaction(), Content(downgrade));
  outcome.seven_bit = true;
  return outcome;
}

Mailing::Outcome Session::send(const Transaction& transaction,
                               const Content& content) {
  Mailing mailing(talk_,
                  {server_, setup_.hop.protocol, setup_.deadlines,
                   setup_.may_send});
  auto outcome = mailing.run(transaction, content, start_);
  start_ = mailing.next();
  return outcome;
}

void Session::quit() {
  if (!usable() || !talk_.ask("QUIT", setup_.deadlines.quit)) return;
  talk_.hang_up("closed");
}

}  // namespace mail::relay
