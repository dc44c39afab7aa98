#include "net/conversation.h"

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/listen.h"

namespace mail::net {
namespace {

constexpr std::size_t kRead = 64 << 10;  // at most at once
constexpr std::size_t kRoom = 16 << 10;  // at least, for a read
constexpr int kRounds = 16;  // before others that wait have their turn
constexpr Millis kLinger = 2000;
constexpr int kDwell = 1;  // milliseconds a thread stays for the next command
constexpr Millis kLastWord = 1000;  // a peer's time to take the farewell
constexpr std::uint32_t kDiscard = 1 << 20;  // bytes, while lingering

Millis now_millis() { return steady_time() / kMillisecond; }

}  // namespace

Conversation::Conversation(const House& house, Connection& connection,
                           Pool::Scratch& scratch)
    : house_(house),
      c_(connection),
      input_(scratch.input),
      output_(scratch.output) {
  output_.clear();
  if (input_.size() < kRead) input_.resize(kRead);
  if (c_.unread.size() > input_.size()) input_.resize(c_.unread.size());
  std::ranges::copy(c_.unread, input_.begin());
  end_ = c_.unread.size();
  c_.unread = std::string();
}

Pause Conversation::turn() {
  if (c_.lost) return {};
  try {
    return go();
  } catch (const PeerGone&) {
    log_debug("peer-gone", {{"peer", c_.peer.address}});
  } catch (const std::exception& fault) {
    log_warn("session-fault", {{"peer", c_.peer.address},
                               {"listener", c_.peer.listener},
                               {"why", fault.what()}});
  }
  return {};
}

Pause Conversation::go() {
  if (!send_unsent()) return wait_for_peer_to_read();
  for (int round = 0;; ++round) {
    const auto pause = advance();
    if (pause && pause->what == Pause::For::Nothing) return *pause;
    if (!send_kept()) {
      keep();
      return wait_for_peer_to_read();
    }
    if (pause && !comes_at_once(*pause)) {
      keep();
      return *pause;
    }
    if (round >= kRounds && house_.pool.busy()) {
      keep();
      return {.what = Pause::For::NextTurn};
    }
  }
}

// Whether the peer's next command is here before a thread that waits for it
// costs more than the way through the poller: half the time of an exchange
// with a peer nearby is spent on waking threads.  Only while nobody else wants
// the thread, and only behind a greeting or a command.
bool Conversation::comes_at_once(const Pause& pause) {
  const bool served = std::exchange(served_, false);
  if (!served || !pause.wakeable || house_.pool.busy() || house_.stopping) {
    return false;
  }
  pollfd peer{c_.transport.number(), POLLIN, 0};
  return ::poll(&peer, 1, kDwell) > 0;
}

// One step; what to wait for when there is no other one now.
std::optional<Pause> Conversation::advance() {
  if (house_.stopping) {
    if (c_.stage != Connection::Stage::Talking) return Pause{};
    say_farewell();
    return std::nullopt;
  }
  switch (c_.stage) {
    case Connection::Stage::Opening:
      return open();
    case Connection::Stage::Handshaking:
      return shake_hands();
    case Connection::Stage::Talking:
      return talk();
    case Connection::Stage::Closing:
      return linger();
  }
  return Pause{};
}

std::optional<Pause> Conversation::open() {
  if (implicit_tls(c_.peer.listener)) return start_tls();
  greet();
  return std::nullopt;
}

void Conversation::greet() {
  if (!c_.session) c_.session = house_.factory(c_.peer, c_);
  c_.stage = Connection::Stage::Talking;
  served_ = true;
  waits_for(c_.session->greet(*this), true);
}

std::optional<Pause> Conversation::start_tls() {
  if (house_.tls == nullptr) throw Fault("TLS without a certificate");
  // RFC 3207 section 4.2: what came before the handshake was not protected.
  if (begin_ != end_) {
    log_info("bytes-before-tls",
             {{"peer", c_.peer.address}, {"listener", c_.peer.listener}});
    return Pause{};
  }
  c_.transport.start_tls(*house_.tls);
  c_.stage = Connection::Stage::Handshaking;
  c_.due = now_millis() + house_.settings.handshake_deadline.count();
  return std::nullopt;
}

std::optional<Pause> Conversation::shake_hands() {
  const Step step = c_.transport.handshake();
  if (step.is == Step::Is::Moved) {
    const bool first = !c_.session;
    if (first) c_.session = house_.factory(c_.peer, c_);
    const TlsFacts facts = c_.transport.facts();
    count(Metric::TlsHandshakes, facts.protocol);
    c_.session->secured(facts);
    c_.stage = Connection::Stage::Talking;
    if (first) {
      greet();
    } else {
      serve();
    }
    return std::nullopt;
  }
  const bool wants =
      step.is == Step::Is::WantRead || step.is == Step::Is::WantWrite;
  if (!wants || now_millis() >= c_.due) {
    count(Metric::TlsHandshakes, "failed");
    log_debug("tls-failed",
              {{"peer", c_.peer.address}, {"listener", c_.peer.listener}});
    return Pause{};
  }
  const std::uint32_t events =
      step.is == Step::Is::WantRead ? EPOLLIN : EPOLLOUT;
  return Pause{Pause::For::Events, events, c_.due, false};
}

std::optional<Pause> Conversation::talk() {
  switch (c_.wait.what) {
    case Wait::For::Close:
      return start_closing();
    case Wait::For::Tls:
      return start_tls();
    case Wait::For::Delay:
      if (now_millis() < c_.due) {
        return Pause{Pause::For::Events, 0, c_.due, false};
      }
      serve();
      return std::nullopt;
    case Wait::For::Input:
      return take_input();
    case Wait::For::Deflate:
      throw Fault("compression without a layer for it");
  }
  return Pause{};
}

std::optional<Pause> Conversation::take_input() {
  const bool woken = c_.woken.exchange(false);
  const bool got = fill();
  if (got || woken || (c_.ended && !c_.told_ended)) {
    active_ = woken;
    serve();
    return std::nullopt;
  }
  if (c_.ended) return start_closing();
  if (now_millis() >= c_.due) {
    waits_for(c_.session->expired(*this), true);
    return std::nullopt;
  }
  if (end_ - begin_ >= house_.settings.input_limit) {
    log_warn("input-unused",
             {{"peer", c_.peer.address}, {"listener", c_.peer.listener}});
    return Pause{};
  }
  return Pause{Pause::For::Events, EPOLLIN, c_.due, true};
}

void Conversation::serve() {
  const bool renew = c_.wait.what != Wait::For::Input;
  c_.told_ended = c_.ended;
  const Wait wait = c_.session->serve(*this, *this);
  waits_for(wait, renew || active_);
  active_ = false;
}

void Conversation::waits_for(Wait wait, bool renew) {
  const Millis due = now_millis() + wait.at_most.count();
  const bool keeps = wait.what == Wait::For::Input && !renew;
  c_.wait = wait;
  c_.due = keeps ? std::min(c_.due, due) : due;
}

std::optional<Pause> Conversation::start_closing() {
  c_.stage = Connection::Stage::Closing;
  c_.due = now_millis() + kLinger;
  c_.transport.finish();
  return std::nullopt;
}

// Closing a socket while the peer still sends would reset it, and our last
// words with it.  So what comes is thrown away for a while; a peer that sends
// nothing more is let go at once.
std::optional<Pause> Conversation::linger() {
  for (;;) {
    const Step step = c_.transport.read({input_.data(), kRead});
    if (step.is != Step::Is::Moved) {
      const bool more = step.is == Step::Is::WantRead && c_.discarded > 0;
      if (!more || now_millis() >= c_.due) return Pause{};
      return Pause{Pause::For::Events, EPOLLIN, c_.due, false};
    }
    c_.discarded += static_cast<std::uint32_t>(step.bytes);
    if (c_.discarded > kDiscard) return Pause{};
  }
}

void Conversation::say_farewell() {
  if (c_.wait.what != Wait::For::Close) c_.session->farewell(*this);
  c_.wait = Wait::close();
  const std::string words = std::exchange(output_, {});
  if (!push(words).empty()) throw PeerGone{};
  start_closing();
}

// The bytes at hand.

std::string_view Conversation::bytes() const {
  return {input_.data() + begin_, end_ - begin_};
}

void Conversation::use(std::size_t count) {
  require(count <= end_ - begin_, "a session used more than it was given");
  begin_ += count;
  active_ = active_ || count > 0;
  served_ = served_ || count > 0;
}

// Reads once; whether something came.
bool Conversation::fill() {
  const std::size_t unused = end_ - begin_;
  if (c_.ended || unused >= house_.settings.input_limit) return false;
  make_room();
  const std::size_t most = std::min(
      {input_.size() - end_, kRead, house_.settings.input_limit - unused});
  const Step step = c_.transport.read({input_.data() + end_, most});
  switch (step.is) {
    case Step::Is::Moved:
      end_ += step.bytes;
      return step.bytes > 0;
    case Step::Is::Ended:
      c_.ended = true;
      return false;
    case Step::Is::Broken:
      throw PeerGone{};
    default:
      return false;
  }
}

void Conversation::make_room() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (input_.size() - end_ >= kRoom) return;
  std::memmove(input_.data(), input_.data() + begin_, end_ - begin_);
  end_ -= std::exchange(begin_, 0);
  if (input_.size() - end_ < kRoom) input_.resize(input_.size() + kRead);
}

void Conversation::keep() {
  c_.unread.assign(bytes());
  if (input_.size() > kRead) {
    input_.resize(kRead);
    input_.shrink_to_fit();
  }
}

}  // namespace mail::net
