#include "relay/talk.h"

namespace mail::relay {
namespace {

constexpr int kGoingDown = 421;  // RFC 5321 3.8

}  // namespace

bool Talk::fail(std::string why) {
  trouble_ = std::move(why);
  usable_ = false;
  return false;
}

bool Talk::say(std::string_view commands, Patience time) {
  if (!usable_) return false;
  if (ahead()) return fail("the server spoke out of turn");
  wire_.patience(time);
  return wire_.send(commands) || fail(wire_.trouble());
}

std::optional<Reply> Talk::read(Patience time) {
  if (!usable_ && (!farewell_ || !trouble_.empty())) return {};
  auto reply = reader_.next();
  if (!reply) wire_.patience(time);
  while (!reply) {
    if (reader_.broken()) {
      fail("the server's reply is none");
      return {};
    }
    const std::size_t count = wire_.receive(space_);
    if (count == 0) {
      fail(wire_.trouble());
      return {};
    }
    reader_.feed(std::string_view(space_).substr(0, count));
    reply = reader_.next();
  }
  if (reply->code == kGoingDown) {
    if (!farewell_) farewell_ = reply;
    usable_ = false;
  }
  return reply;
}

std::optional<Reply> Talk::ask(std::string_view command, Patience time) {
  if (!say(std::string(command) + "\r\n", time)) return {};
  return read(time);
}

void Talk::hang_up(std::string why) {
  if (usable_) fail(std::move(why));
}

Verdict Talk::why() const {
  if (farewell_) return verdict_of(*farewell_);
  return relay::trouble(Verdict::Outcome::Temporary, "4.4.2", trouble_);
}

}  // namespace mail::relay
