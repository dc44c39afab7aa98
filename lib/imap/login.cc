#include "imap/login.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/log.h"
#include "imap/reader.h"

namespace mail::imap {
namespace {

constexpr CommandLimits kLimits{
    .line = 8 << 10, .literal = 4 << 10, .total = 12 << 10};
constexpr Micros kPatience = 60 * kSecond;
constexpr int kMaxMistakes = 10;
constexpr int kMaxFailures = 5;

}  // namespace

struct Login::Command {
  std::string_view name;
  void (Login::*run)(Call&);
};

const Login::Command Login::kCommands[] = {
    {"AUTHENTICATE", &Login::authenticate},
    {"CAPABILITY", &Login::capability},
    {"ID", &Login::id},
    {"LOGIN", &Login::login},
    {"LOGOUT", &Login::logout},
    {"NOOP", &Login::noop},
    {"STARTTLS", &Login::starttls},
};

Login::Login(const Shared& shared, const net::Peer& peer, net::Link& link)
    : shared_(shared),
      peer_(peer),
      link_(link),
      buffer_(kLimits),
      deadline_(steady_time() + kPatience) {}

Login::~Login() {
  if (!exchange_.empty()) shared_.authority.cancel(exchange_);
}

bool Login::secure() const {
  return tls_.active() || (peer_.loopback && shared_.auth_on_loopback);
}

LoginOffer Login::offer() const {
  return {shared_.authority.mechanisms(secure(), tls_.active()),
          shared_.has_tls && !tls_.active(), secure(), shared_.message_size};
}

net::Wait Login::patience() const {
  const Micros left = std::max(deadline_ - steady_time(), Micros{0});
  return net::Wait::input(std::chrono::milliseconds(left / kMillisecond));
}

net::Wait Login::greet(net::Output& output) {
  Response out(output);
  out.add("* OK [CAPABILITY ")
      .add(capabilities(offer()))
      .add("] Staunch is ready")
      .end_line();
  out.flush();
  return patience();
}

void Login::secured(const net::TlsFacts& facts) {
  tls_ = facts;
  starting_tls_ = false;
}

net::Wait Login::serve(net::Input& in, net::Output& output) {
  Response out(output);
  out.add(delayed_);
  delayed_.clear();
  bool more = true;
  while (more && !closing_ && account_ == 0 && !starting_tls_ &&
         delayed_.empty()) {
    switch (buffer_.take(in)) {
      case CommandBuffer::Step::More:
        more = false;
        closing_ = in.ended();
        break;
      case CommandBuffer::Step::Ready:
        exchanging_ ? respond(buffer_.text(), out)
                    : command(buffer_.text(), out);
        buffer_.finish(in);
        break;
      case CommandBuffer::Step::Literal:
        literal(out);
        break;
      case CommandBuffer::Step::TooLong:
        bad_line("*", "line too long", out);
        buffer_.finish(in);
        break;
    }
  }
  if (failures_ >= kMaxFailures && delayed_.empty()) closing_ = true;
  if (closing_ && failures_ >= kMaxFailures) out.untagged("BYE that is enough");
  out.flush();
  if (closing_) return net::Wait::close();
  if (starting_tls_) return net::Wait::tls();
  if (!delayed_.empty()) return net::Wait::delay(delay_);
  return patience();
}

void Login::bad_line(std::string_view tag, std::string_view why,
                     Response& out) {
  out.add(tag).add(" BAD ").add(why).end_line();
  if (++mistakes_ < kMaxMistakes) return;
  out.untagged("BYE too many mistakes");
  closing_ = true;
}

void Login::answer(Response& out, std::string_view tag, const Reply& reply) {
  if (reply.status == Reply::Status::Bad) {
    return bad_line(tag, reply.text, out);
  }
  count_answer(reply.status);
  out.add(tag).add(' ').add(word(reply.status)).add(reply.text).end_line();
}

void Login::literal(Response& out) {
  if (exchanging_ || !buffer_.literal_fits()) {
    out.untagged("BYE the literal is too large");
    closing_ = true;
    return;
  }
  buffer_.accept();
  if (buffer_.literal_waits()) out.add("+ go on").end_line();
}

void Login::command(std::string_view text, Response& out) {
  Reader args(text);
  const std::string_view tag = args.tag();
  if (args.failed()) return bad_line("*", args.why(), out);
  args.space();
  const std::string_view name = args.atom();
  if (args.failed()) return bad_line(tag, args.why(), out);
  const auto* known = std::ranges::find_if(
      kCommands,
      [&](const Command& command) { return same_text(command.name, name); });
  if (known == std::end(kCommands)) {
    return bad_line(tag, "unknown command, or log in first", out);
  }
  Call call{tag, args, out};
  (this->*known->run)(call);
}

void Login::capability(Call& call) {
  if (!call.args.finish()) return bad_line(call.tag, call.args.why(), call.out);
  call.out.add("* CAPABILITY ").add(capabilities(offer())).end_line();
  answer(call.out, call.tag, ok("done"));
}

void Login::id(Call& call) {
  read_client_id(call.args);
  if (!call.args.finish()) return bad_line(call.tag, call.args.why(), call.out);
  call.out.add(identity()).end_line();
  answer(call.out, call.tag, ok("done"));
}

void Login::noop(Call& call) {
  answer(call.out, call.tag,
         call.args.finish() ? ok("done") : bad(call.args.why()));
}

void Login::logout(Call& call) {
  if (!call.args.finish()) return bad_line(call.tag, call.args.why(), call.out);
  call.out.untagged("BYE see you");
  answer(call.out, call.tag, ok("done"));
  closing_ = true;
}

void Login::starttls(Call& call) {
  if (!call.args.finish()) return bad_line(call.tag, call.args.why(), call.out);
  if (tls_.active()) return bad_line(call.tag, "TLS is active", call.out);
  if (!shared_.has_tls) {
    return answer(call.out, call.tag, no("[CANNOT] there is no certificate"));
  }
  answer(call.out, call.tag, ok("begin"));
  starting_tls_ = true;
}

}  // namespace mail::imap
