#include "tests/bench/imap_client.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <vector>

#include "base/ascii.h"
#include "base/fault.h"
#include "net/openssl.h"

namespace mail::bench {
namespace {

constexpr std::size_t kRead = 256 << 10;

// One context for all, and the last session that a server gave.
struct Tickets {
  net::Openssl<SSL_CTX> context;
  SSL_SESSION* last = nullptr;

  Tickets() : context(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
    SSL_CTX_set_session_cache_mode(
        context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_app_data(context.get(), this);
    SSL_CTX_sess_set_new_cb(context.get(), [](SSL* ssl, SSL_SESSION* session) {
      auto* self =
          static_cast<Tickets*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
      if (self->last != nullptr) SSL_SESSION_free(self->last);
      self->last = session;
      return 1;
    });
  }
  ~Tickets() {
    if (last != nullptr) SSL_SESSION_free(last);
  }
};

// "... {12}" at the end of a line: 12.
std::size_t literal_announced(std::string_view line) {
  if (!line.ends_with("}")) return 0;
  const auto open = line.rfind('{');
  if (open == line.npos) return 0;
  std::size_t size = 0;
  std::from_chars(line.data() + open + 1, line.data() + line.size() - 1, size);
  return size;
}

}  // namespace

struct ImapClient::Tls {
  net::Openssl<SSL> ssl;
};

ImapClient::ImapClient(PollLoop& loop, const ImapPeer& peer)
    : fd_(connect_to(peer.port)) {
  if (peer.tls) {
    static Tickets tickets;
    tls_ = std::make_unique<Tls>();
    tls_->ssl.reset(SSL_new(tickets.context.get()));
    SSL_set_fd(tls_->ssl.get(), fd_.number());
    SSL_set_connect_state(tls_->ssl.get());
    if (peer.resume && tickets.last != nullptr) {
      SSL_set_session(tls_->ssl.get(), tickets.last);
    }
  }
  set_nonblocking(fd_.number());
  loop.watch(fd_.number(), *this);
}

ImapClient::~ImapClient() = default;

void ImapClient::ready() {
  if (!connected()) return;
  flush();
  read();
}

bool ImapClient::connected() {
  if (!tls_ || SSL_is_init_finished(tls_->ssl.get())) return true;
  const int result = SSL_do_handshake(tls_->ssl.get());
  if (result == 1) return true;
  const int error = SSL_get_error(tls_->ssl.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    return false;
  }
  throw Fault("the TLS handshake failed");
}

void ImapClient::read() {
  static std::vector<char> space(kRead);
  for (;;) {
    ssize_t n = 0;
    if (tls_) {
      n = SSL_read(tls_->ssl.get(), space.data(), int(space.size()));
      if (n <= 0 &&
          SSL_get_error(tls_->ssl.get(), int(n)) == SSL_ERROR_WANT_READ) {
        return;
      }
    } else {
      n = recv(fd_.number(), space.data(), space.size(), 0);
      if (n < 0 && errno == EAGAIN) return;
    }
    if (n <= 0) {
      if (!then_) return;  // after LOGOUT
      throw Fault("the IMAP server closed the connection");
    }
    take({space.data(), static_cast<std::size_t>(n)});
  }
}

void ImapClient::take(std::string_view bytes) {
  answer_.bytes += bytes.size();
  while (!bytes.empty()) {
    if (literal_ > 0) {
      const std::size_t n = std::min(literal_, bytes.size());
      literal_ -= n;
      bytes.remove_prefix(n);
      continue;
    }
    const auto end = bytes.find('\n');
    if (end == bytes.npos) {
      partial_ += bytes;
      return;
    }
    const std::string_view piece = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    if (partial_.empty()) {
      line(piece);
    } else {
      partial_ += piece;
      const std::string whole = std::exchange(partial_, {});
      line(whole);
    }
  }
}

void ImapClient::line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  literal_ = literal_announced(line);
  const bool goes_on = std::exchange(in_response_, literal_ > 0);
  if (!greeted_) {
    greeted_ = true;
    return flush();
  }
  if (goes_on) return;
  if (line.starts_with("* ")) return untagged(line.substr(2));
  if (line.starts_with('+')) {
    continued_ = true;
    return;
  }
  if (!then_ || !line.starts_with(tag_)) {
    throw Fault("not understood: " + std::string(line));
  }
  answer_.took = steady_time() - started_;
  answer_.text = line.substr(tag_.size());
  answer_.ok = answer_.text.starts_with("OK");
  const Then then = std::exchange(then_, nullptr);
  const Answer answer = std::exchange(answer_, {});
  then(answer);
}

void ImapClient::untagged(std::string_view line) {
  long number = 0;
  const auto [end, error] =
      std::from_chars(line.data(), line.data() + line.size(), number);
  if (error == std::errc()) {
    const std::string_view word(end, line.data() + line.size() - end);
    if (word == " EXISTS") exists_ = number;
    if (word == " EXPUNGE") --exists_;
  }
  if (told_) told_(line);
}

void ImapClient::send(const std::string& command, Then then) {
  if (then_) throw Fault("one command at a time: " + command);
  tag_ = "a" + std::to_string(++count_) + ' ';
  then_ = std::move(then);
  continued_ = false;
  answer_ = {};
  started_ = steady_time();
  send_raw(tag_ + command + "\r\n");
}

void ImapClient::send_raw(std::string_view bytes) {
  out_ += bytes;
  if (connected()) flush();
}

void ImapClient::flush() {
  while (greeted_ && !out_.empty()) {
    ssize_t n = 0;
    if (tls_) {
      n = SSL_write(tls_->ssl.get(), out_.data(), int(out_.size()));
      if (n <= 0) return;
    } else {
      n = ::send(fd_.number(), out_.data(), out_.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EAGAIN) return;
      if (n < 0) throw_errno("send");
    }
    out_.erase(0, static_cast<std::size_t>(n));
  }
}

Answer ask(PollLoop& loop, ImapClient& client, const std::string& command) {
  Answer got;
  bool done = false;
  client.send(command, [&](const Answer& answer) {
    got = answer;
    done = true;
  });
  loop.run_until([&] { return done; }, 3'600 * kSecond);
  if (!got.ok) {
    throw Fault(command.substr(0, 60) + ": " + got.text);
  }
  return got;
}

}  // namespace mail::bench
