// Commands that are about the session, not about a message.
#include "base/ascii.h"
#include "smtp/session.h"

namespace mail::smtp {
namespace {

constexpr int kFailedLogins = 5;

}  // namespace

Reply Session::greeted(std::string_view argument) {
  const auto name = parse_helo(argument);
  if (!name) return name.error();
  reset();
  client_.helo = *name;
  state_ = State::Idle;
  return {250, rules_.hostname};
}

Session::MaybeReply Session::helo(std::string_view argument) {
  // RFC 2033 section 4.1: LMTP knows neither HELO nor EHLO.
  if (client_.service == Service::Lmtp) {
    return Reply(500, "5.5.1", "This is LMTP: say LHLO");
  }
  Reply reply = greeted(argument);
  if (reply.positive()) client_.extended = false;
  return reply;
}

Session::MaybeReply Session::ehlo(std::string_view argument) {
  if (client_.service == Service::Lmtp) {
    return Reply(500, "5.5.1", "This is LMTP: say LHLO");
  }
  return extended(argument);
}

Session::MaybeReply Session::lhlo(std::string_view argument) {
  if (client_.service != Service::Lmtp) {
    return Reply(500, "5.5.1", "This is SMTP: say EHLO");
  }
  return extended(argument);
}

Reply Session::extended(std::string_view argument) {
  const Reply reply = greeted(argument);
  if (!reply.positive()) return reply;
  client_.extended = true;
  std::string text = rules_.hostname;
  text += "\nPIPELINING\nSIZE " + std::to_string(rules_.message_size);
  text += "\n8BITMIME\nENHANCEDSTATUSCODES\nCHUNKING\nSMTPUTF8";
  if (may_have_reports()) text += "\nDSN";
  if (rules_.has_tls && !client_.tls.active()) text += "\nSTARTTLS";
  if (!may_auth() || client_.account) return {250, text};
  const bool plus = !client_.tls.exporter.empty();
  std::string names;
  for (const auto& name : authority_.mechanisms(true, plus)) {
    names += " " + name;
  }
  if (!names.empty()) text += "\nAUTH" + names;
  return {250, text};
}

Session::MaybeReply Session::starttls(std::string_view argument) {
  if (!argument.empty()) return Reply(501, "5.5.4", "STARTTLS stands alone");
  if (client_.tls.active()) return Reply(503, "5.5.1", "There is TLS already");
  if (!rules_.has_tls) return Reply(502, "5.5.1", "There is no TLS here");
  next_ = Next::Tls;
  return Reply(220, "2.0.0", "Begin TLS");
}

// Reports go to users and to the networks we relay for.  Whoever writes to us
// from elsewhere may have put anybody's address in front; their own server
// reports that it has passed the message on (RFC 3461 5.2.2).
bool Session::may_have_reports() const {
  return client_.service == Service::Submission || client_.account ||
         intake_.is_trusted(client_);
}

bool Session::may_auth() const {
  if (client_.service == Service::Lmtp) return false;
  return client_.tls.active() || (client_.loopback && rules_.auth_on_loopback);
}

Session::MaybeReply Session::auth(std::string_view argument) {
  if (client_.service == Service::Lmtp || !client_.extended) {
    return Reply(503, "5.5.1", "AUTH was not offered");
  }
  if (client_.account) return Reply(503, "5.5.1", "You are in already");
  if (!may_auth()) {
    return Reply(538, "5.7.11", "Not without TLS: say STARTTLS first");
  }
  sasl::Attempt attempt;
  attempt.service = "smtp";
  attempt.peer_address = client_.address;
  attempt.secure = true;
  attempt.tls_exporter = client_.tls.exporter;
  attempt.tls_server_end_point = client_.tls.server_end_point;
  exchange_.emplace(authority_);
  return outcome(exchange_->start(argument, std::move(attempt)));
}

Reply Session::auth_line(std::string_view line) {
  return outcome(exchange_->respond(line));
}

Reply Session::outcome(const AuthExchange::Outcome& outcome) {
  const int code = outcome.reply.code();
  reading_ = exchange_->going_on() ? Reading::Auth : Reading::Commands;
  if (reading_ == Reading::Commands) exchange_.reset();
  if (code == 235) {
    if (!link_.join_account(outcome.account)) {
      next_ = Next::Close;
      return {421, "4.7.0", "Too many connections of this account"};
    }
    client_.account = outcome.account;
    client_.login = outcome.address;
  }
  if (code == 535 && ++failed_logins_ >= kFailedLogins) {
    next_ = Next::Close;
    return {421, "4.7.0", "Too many failed attempts"};
  }
  if (outcome.delay.count() > 0) {
    delay_ = outcome.delay;
    next_ = Next::Delay;
  }
  return outcome.reply;
}

Session::MaybeReply Session::rset(std::string_view argument) {
  if (!argument.empty()) return Reply(501, "5.5.4", "RSET stands alone");
  if (state_ != State::Start) reset();
  return Reply(250, "2.0.0", "Ok");
}

Session::MaybeReply Session::noop(std::string_view) {
  return Reply(250, "2.0.0", "Ok");
}

Session::MaybeReply Session::vrfy(std::string_view argument) {
  if (argument.empty()) return Reply(501, "5.5.4", "Syntax: VRFY address");
  // RFC 5321 7.3: neither yes nor no.
  return Reply(252, "2.5.0", "Send some mail, and we will see");
}

Session::MaybeReply Session::expn(std::string_view) {
  return Reply(502, "5.5.1", "Lists are not shown");
}

Session::MaybeReply Session::help(std::string_view) {
  return Reply(214, "2.0.0",
               "EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY QUIT STARTTLS "
               "AUTH\nRFC 5321 has the rest");
}

Session::MaybeReply Session::quit(std::string_view argument) {
  if (!argument.empty()) return Reply(501, "5.5.4", "QUIT stands alone");
  next_ = Next::Close;
  return Reply(221, "2.0.0", rules_.hostname + " Bye");
}

}  // namespace mail::smtp
