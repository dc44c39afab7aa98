// LOGIN and AUTHENTICATE (RFC 3501 sections 6.2.2, 6.2.3; SASL-IR: RFC 4959).
//
// authd knows the credentials and the mechanisms; here its messages are
// carried, in base64, and its answers told.

#include "base/ascii.h"
#include "base/base64.h"
#include "base/log.h"
#include "imap/login.h"
#include "imap/reader.h"

namespace mail::imap {

sasl::Attempt Login::attempt(std::string_view mechanism) const {
  sasl::Attempt out;
  out.mechanism = mechanism;
  out.service = "imap";
  out.peer_address = peer_.address;
  out.secure = secure();
  out.tls_exporter = tls_.exporter;
  out.tls_server_end_point = tls_.server_end_point;
  return out;
}

void Login::login(Call& call) {
  call.args.space();
  const std::string user = call.args.astring();
  call.args.space();
  const std::string password = call.args.astring();
  if (!call.args.finish()) return bad_line(call.tag, call.args.why(), call.out);
  if (!secure()) {
    return answer(call.out, call.tag,
                  no("[PRIVACYREQUIRED] use STARTTLS first"));
  }
  tag_ = call.tag;
  mechanism_ = "PLAIN";
  auto login = attempt(mechanism_);
  login.initial = '\0' + user + '\0' + password;
  take_answer(shared_.authority.start(login), call.out);
}

void Login::authenticate(Call& call) {
  call.args.space();
  const std::string mechanism = upper(call.args.atom());
  std::string_view initial;
  if (call.args.take(' ')) {
    initial = call.args.rest();
    if (initial.empty()) call.args.fail("expected an initial response");
  } else {
    call.args.finish();
  }
  if (call.args.failed()) return bad_line(call.tag, call.args.why(), call.out);
  auto attempted = attempt(mechanism);
  if (!initial.empty()) {
    // "=" stands for an empty one (RFC 4959 section 3).
    attempted.initial = initial == "=" ? std::string() : base64_decode(initial);
    if (!attempted.initial) {
      return bad_line(call.tag, "the response is not base64", call.out);
    }
  }
  tag_ = call.tag;
  mechanism_ = mechanism;
  take_answer(shared_.authority.start(attempted), call.out);
}

void Login::respond(std::string_view line, Response& out) {
  exchanging_ = false;
  if (proved_ != 0) {  // the empty response to SCRAM's last message
    if (line.empty()) return welcome(out);
    proved_ = 0;
    return bad_line(tag_, "expected an empty response", out);
  }
  const auto response = base64_decode(line);
  const std::string exchange = std::exchange(exchange_, {});
  if (!response || line == "*") {
    shared_.authority.cancel(exchange);
    return bad_line(
        tag_, line == "*" ? "cancelled" : "the response is not base64", out);
  }
  take_answer(shared_.authority.step(exchange, *response), out);
}

void Login::take_answer(const sasl::Answer& got, Response& out) {
  using Kind = sasl::Answer::Kind;
  switch (got.kind) {
    case Kind::Challenge:
      exchanging_ = true;
      exchange_ = got.exchange;
      out.add("+ ").add(base64_encode(got.text)).end_line();
      return;
    case Kind::Success:
      proved_ = got.account;
      address_ = got.address;
      if (got.text.empty()) return welcome(out);
      // IMAP has no room for data in a success (RFC 4422 section 5).
      exchanging_ = true;
      out.add("+ ").add(base64_encode(got.text)).end_line();
      return;
    case Kind::Failure:
      return fail(got);
    case Kind::Unknown:
      if (!secure()) {
        return answer(out, tag_, no("[PRIVACYREQUIRED] use STARTTLS first"));
      }
      return answer(out, tag_, no("[CANNOT] no such mechanism"));
    case Kind::Unavailable:
      break;
  }
  answer(out, tag_, no("[UNAVAILABLE] try again later"));
}

void Login::welcome(Response& out) {
  const std::uint64_t account = std::exchange(proved_, 0);
  if (!link_.join_account(account)) {
    return answer(out, tag_, no("[LIMIT] too many sessions of this account"));
  }
  account_ = account;
  log_info("login", {{"service", "imap"},
                     {"account", address_},
                     {"peer", peer_.address},
                     {"mechanism", mechanism_},
                     {"tls", tls_.protocol}});
  out.add(tag_)
      .add(" OK [CAPABILITY ")
      .add(capabilities(shared_.message_size))
      .add(" COMPRESS=DEFLATE")
      .add("] logged in")
      .end_line();
}

void Login::fail(const sasl::Answer& got) {
  ++failures_;
  delayed_ = tag_ + " NO [AUTHENTICATIONFAILED] wrong name or password\r\n";
  delay_ = got.delay;
}

}  // namespace mail::imap
