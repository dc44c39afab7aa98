#include "smtp/session.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/fault.h"
#include "base/log.h"
#include "smtp/trouble.h"

namespace mail::smtp {
namespace {

// RFC 5321 4.5.3.1.4 asks for 512 octets and what the extensions add; RFC
// 4954 section 4 for 12,288 of an AUTH response.
constexpr std::size_t kLineLimit = 4096;
constexpr std::size_t kAuthLineLimit = 12'400;

// What is read over before a peer that never ends its line is let go.
constexpr std::size_t kJunkLimit = 64 << 10;

// What is read over of a message beyond twice its limit: a peer that goes on
// for longer is not waited for to hear why it is refused.
constexpr std::uint64_t kMostReadOver = 64 << 20;

constexpr int kMistakes = 20;

// A peer that sends a byte now and then must not stay for as many times the
// timeout: of a message it may be silent for three timeouts in all, and has
// the time that its octets take at 500 a second.
constexpr int kSilences = 3;
constexpr std::uint64_t kSlowest = 500;

Service service_of(std::string_view listener) {
  if (listener == "lmtp") return Service::Lmtp;
  if (listener.starts_with("submission")) return Service::Submission;
  return Service::Smtp;
}

// A browser that was talked into posting mail (cross-protocol requests).
bool is_http(std::string_view verb) {
  for (const std::string_view method : {"GET", "POST", "PUT", "HEAD", "OPTIONS",
                                        "CONNECT", "DELETE", "PATCH"}) {
    if (verb == method) return true;
  }
  return false;
}

bool has_control(std::string_view line) {
  return std::ranges::any_of(line, [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f;
  });
}

}  // namespace

struct Session::Rule {
  std::string_view verb;
  int allowed_in;
  Handler handler;
};

const Session::Rule* Session::rule_for(std::string_view verb) {
  constexpr auto in = [](auto... states) {
    return (static_cast<int>(states) | ...);
  };
  constexpr int kAnywhere = 31;
  using S = Session;
  // BDAT comes through in any state: its chunk must be read over.
  static constexpr std::array kRules = std::to_array<Rule>({
      {"MAIL", in(State::Idle), &S::mail},
      {"RCPT", in(State::Sender, State::Rcpt), &S::rcpt},
      {"DATA", in(State::Rcpt), &S::data},
      {"BDAT", kAnywhere, &S::bdat},
      {"RSET", kAnywhere, &S::rset},
      {"QUIT", kAnywhere, &S::quit},
      {"EHLO", kAnywhere, &S::ehlo},
      {"HELO", kAnywhere, &S::helo},
      {"LHLO", kAnywhere, &S::lhlo},
      {"STARTTLS", in(State::Idle), &S::starttls},
      {"AUTH", in(State::Idle), &S::auth},
      {"NOOP", kAnywhere, &S::noop},
      {"VRFY", kAnywhere, &S::vrfy},
      {"EXPN", kAnywhere, &S::expn},
      {"HELP", kAnywhere, &S::help},
  });
  const auto* found = std::ranges::find_if(
      kRules, [&](const Rule& rule) { return same_text(rule.verb, verb); });
  return found == kRules.end() ? nullptr : found;
}

Session::Session(const Parts& parts, const net::Peer& peer)
    : rules_(parts.rules),
      intake_(parts.intake),
      authority_(parts.authority),
      link_(parts.link) {
  client_.service = service_of(peer.listener);
  client_.address = peer.address;
  client_.loopback = peer.loopback || peer.address.empty();
}

net::Wait Session::greet(net::Output& out) {
  const bool lmtp = client_.service == Service::Lmtp;
  say({220, rules_.hostname + (lmtp ? " LMTP ready" : " ESMTP ready")}, out);
  return net::Wait::input(rules_.timeout);
}

net::Wait Session::serve(net::Input& in, net::Output& out) {
  if (held_) say(*std::exchange(held_, {}), out);
  while (next_ == Next::Go && step(in, out)) {
  }
  switch (std::exchange(next_, Next::Go)) {
    case Next::Delay: return net::Wait::delay(delay_);
    case Next::Tls: return net::Wait::tls();
    case Next::Close: return net::Wait::close();
    case Next::Go: break;
  }
  if (in.ended()) return net::Wait::close();
  return patience();
}

void Session::begin_bytes(Reading what) {
  reading_ = what;
  began_ = steady_time();
  came_ = 0;
}

net::Wait Session::patience() const {
  if (reading_ == Reading::Commands || reading_ == Reading::Auth) {
    return net::Wait::input(rules_.timeout);
  }
  const std::chrono::microseconds taken(steady_time() - began_);
  const std::uint64_t rest = reading_ == Reading::Junk ? 0 : came_ / kSlowest;
  const std::chrono::milliseconds allowed =
      kSilences * rules_.timeout + std::chrono::seconds(rest);
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(allowed - taken);
  return net::Wait::input(std::clamp(left, {}, rules_.timeout));
}

net::Wait Session::expired(net::Output& out) {
  say({421, "4.4.2", rules_.hostname + " You said nothing for too long"}, out);
  return net::Wait::close();
}

void Session::farewell(net::Output& out) {
  say({421, "4.3.2", rules_.hostname + " is going away; come back later"},
      out);
}

void Session::secured(const net::TlsFacts& facts) {
  // RFC 3207 4.2: what was said before counts no more.
  reset();
  state_ = State::Start;
  client_.helo.clear();
  client_.extended = false;
  client_.tls = facts;
}

void Session::say(const Reply& reply, net::Output& out) {
  out.write(reply.wire());
}

bool Session::step(net::Input& in, net::Output& out) {
  switch (reading_) {
    case Reading::Data: return read_data(in, out);
    case Reading::Chunk: return read_chunk(in, out);
    case Reading::Junk: return read_junk(in, out);
    case Reading::Commands:
    case Reading::Auth: break;
  }
  return read_line(in, out);
}

bool Session::read_line(net::Input& in, net::Output& out) {
  const std::string_view bytes = in.bytes();
  const bool auth = reading_ == Reading::Auth || has_prefix(bytes, "AUTH ");
  const std::size_t limit = auth ? kAuthLineLimit : kLineLimit;
  const std::size_t end = bytes.substr(0, limit).find('\n');
  if (end == bytes.npos) {
    if (bytes.size() < limit) return false;
    too_long(out);
    return true;
  }
  // The line is copied: handlers may take their time, and `in` its bytes.
  const std::string line(bytes.substr(0, end + 1));
  in.use(line.size());
  take_line(line, out);
  return true;
}

void Session::too_long(net::Output& out) {
  exchange_.reset();
  begin_bytes(Reading::Junk);
  say({500, "5.5.2", "The line is too long"}, out);
}

bool Session::read_junk(net::Input& in, net::Output& out) {
  const std::string_view bytes = in.bytes();
  const std::size_t end = bytes.find('\n');
  if (end != bytes.npos) {
    in.use(end + 1);
    reading_ = Reading::Commands;
    return true;
  }
  came_ += bytes.size();
  in.use(bytes.size());
  if (came_ <= kJunkLimit) return false;
  say({421, "4.7.0", rules_.hostname + " The line never ends"}, out);
  next_ = Next::Close;
  return true;
}

void Session::take_line(std::string_view line, net::Output& out) {
  MaybeReply reply;
  // RFC 5321 2.3.8: CR LF ends a line and nothing else does; neither stands
  // within one.
  const bool whole = line.ends_with("\r\n");
  if (whole) line.remove_suffix(2);
  if (!whole || has_control(line)) {
    reply = Reply(500, "5.5.2", "Lines end with CR LF and hold no controls");
    exchange_.reset();
    reading_ = Reading::Commands;
  } else {
    const bool auth = reading_ == Reading::Auth;
    const auto verb = auth ? "AUTH" : line.substr(0, line.find(' '));
    const auto trouble = trouble_in(verb, [&] {
      reply = auth ? auth_line(line) : command(line);
    });
    if (trouble) reply = trouble;
  }
  if (!reply) return;
  const int code = reply->code();
  if (next_ == Next::Delay) {
    held_ = reply;
    return;
  }
  say(*reply, out);
  if ((code == 500 || code == 501 || code == 502 || code == 503) &&
      ++mistakes_ >= kMistakes) {
    log_info("too-many-mistakes", {{"client", client_.address}});
    say({421, "4.7.0", rules_.hostname + " Too many mistakes"}, out);
    next_ = Next::Close;
  }
}

Session::MaybeReply Session::command(std::string_view line) {
  const std::string_view verb = line.substr(0, line.find(' '));
  const Rule* rule = rule_for(verb);
  if (!rule && is_http(verb)) {
    next_ = Next::Close;
    return Reply(421, "4.7.0", "This is a mail server");
  }
  if (!rule) return Reply(500, "5.5.1", "Unknown command");
  if (!(rule->allowed_in & static_cast<int>(state_))) {
    return Reply(503, "5.5.1",
                 state_ == State::Start ? "Say who you are first (EHLO)"
                                        : "Not now");
  }
  line.remove_prefix(std::min(line.size(), verb.size() + 1));
  return (this->*rule->handler)(trim(line));
}

bool Session::read_data(net::Input& in, net::Output& out) {
  const Scanner::Step step = reception_->feed(in.bytes());
  came_ += step.used;
  in.use(step.used);
  if (!step.ended) return never_ends(out);
  end_data(out);
  return true;
}

// Whether that is said of the message in hand, and the peer let go.
bool Session::never_ends(net::Output& out) {
  const auto limit = static_cast<std::uint64_t>(rules_.message_size);
  if (came_ <= 2 * limit + kMostReadOver) return false;
  say({552, "5.3.4", "The message is too large by far"}, out);
  next_ = Next::Close;
  return true;
}

bool Session::read_chunk(net::Input& in, net::Output& out) {
  std::string_view bytes = in.bytes();
  if (bytes.size() > chunk_left_) {
    bytes = bytes.substr(0, static_cast<std::size_t>(chunk_left_));
  }
  if (reception_ && !stray_chunk_) reception_->feed(bytes);
  chunk_left_ -= bytes.size();
  came_ += bytes.size();
  in.use(bytes.size());
  if (chunk_left_ > 0) return never_ends(out);
  end_chunk(out);
  return true;
}

}  // namespace mail::smtp
