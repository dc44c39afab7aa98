#include "tests/support/smtp_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <optional>
#include <random>

#include "base/ascii.h"
#include "base/fault.h"

namespace mail {
namespace {

struct FreeTls {
  void operator()(SSL* tls) const { SSL_free(tls); }
};

// Where a connection goes wrong, and how.
enum class Phase {
  Greeting, Ehlo, StartTls, Mail, Rcpt, Data, Body, End, Last
};
enum class Mischief {
  Refuse,      // 5xx
  Defer,       // 4xx
  GoAway,      // 421 and close
  Wrong,       // a code that makes no sense there
  Rubbish,     // no reply at all
  Half,        // the first half of a line, then silence
  Huge,        // a megabyte without end of line
  ManyLines,   // without end
  TwoCodes,    // a reply whose lines do not agree
  Twice,       // one reply too many
  HangUp,
  Hang,
  Reset,       // hang up hard
  Trickle,     // a byte now and then
  Last,
};

}  // namespace

// One connection.
class SmtpServer::Visit {
 public:
  Visit(SmtpServer& server, Fd socket, std::uint64_t seed, int number)
      : server_(server), socket_(std::move(socket)) {
    if (seed == 0) return;
    std::mt19937_64 random(seed * 1000 + static_cast<std::uint64_t>(number));
    random.discard(10);
    // Now and then a connection goes well: what came before must not matter.
    if (random() % 8 == 0) return;
    phase_ = static_cast<Phase>(random() % static_cast<int>(Phase::Last));
    mischief_ =
        static_cast<Mischief>(random() % static_cast<int>(Mischief::Last));
    skip_ = static_cast<int>(random() % 3);
    if (random() % 3 == 0) extra_ = "CHUNKING";
    if (random() % 3 == 0 && !server.options_.certificate.empty()) {
      tls_offered_ = true;
    }
    if (phase_ == Phase::StartTls) tls_offered_ = true;
  }

  void run() {
    if (!reply(Phase::Greeting, server_.options_.greeting)) return;
    while (alive_) {
      const auto line = read_line();
      if (!line) return;
      note(*line);
      command(*line);
    }
  }

 private:
  void note(const std::string& line) {
    const std::lock_guard lock(server_.mutex_);
    server_.commands_.push_back(line);
  }

  static std::string verb_of(const std::string& line) {
    return upper(line.substr(0, line.find(' ')));
  }

  // A reply the test wants instead.
  std::optional<std::string> wanted(const std::string& line) {
    const auto& replies = server_.options_.replies;
    auto found = replies.find(line);
    if (found == replies.end()) found = replies.find(verb_of(line));
    if (found == replies.end()) return {};
    return found->second;
  }

  void command(const std::string& line) {
    const std::string verb = verb_of(line);
    const auto other = wanted(line);
    if (verb == "EHLO" || verb == "LHLO") {
      if (!server_.options_.ehlo) {
        say("500 what?");
      } else {
        reply(Phase::Ehlo, offers());
      }
    } else if (verb == "HELO") {
      reply(Phase::Ehlo, "250 " + server_.options_.name);
    } else if (verb == "STARTTLS") {
      start_tls();
    } else if (verb == "MAIL") {
      recipients_.clear();
      const std::string& clear = server_.options_.clear_mail;
      reply(Phase::Mail, !tls_ && !clear.empty()
                             ? clear
                             : other.value_or("250 2.1.0 ok"));
    } else if (verb == "RCPT") {
      recipient(line, other.value_or("250 2.1.5 ok"));
    } else if (verb == "DATA") {
      data(other.value_or("354 go on"));
    } else if (verb == "BDAT") {
      chunk(line);
    } else if (verb == "QUIT") {
      say("221 bye");
      alive_ = false;
    } else {
      say(other.value_or(verb == "RSET" ? "250 ok" : "502 what?"));
    }
  }

  std::string offers() {
    std::vector<std::string> lines(server_.options_.offers.begin(),
                                   server_.options_.offers.end());
    if (!extra_.empty()) lines.push_back(extra_);
    const bool real = !server_.options_.certificate.empty();
    if (!tls_ && (tls_offered_ || (real && phase_ == Phase::Last))) {
      lines.push_back("STARTTLS");
    }
    std::string text = "250";
    std::string last = server_.options_.name;
    for (const auto& one : lines) {
      text += "-" + last + "\r\n250";
      last = one;
    }
    return text + " " + last;
  }

  void start_tls() {
    if (phase_ == Phase::StartTls && mischief_ == Mischief::Twice) {
      write("220 go\r\n250 injected\r\n");
      return;
    }
    if (!reply(Phase::StartTls, "220 go")) return;
    if (server_.options_.certificate.empty() ||
        (phase_ == Phase::StartTls && mischief_ < Mischief::Rubbish)) {
      write("\x16\x03\x01 no TLS at all\r\n");
      alive_ = false;
      return;
    }
    tls_.reset(SSL_new(server_.context_.get()));
    SSL_set_fd(tls_.get(), socket_.number());
    alive_ = SSL_accept(tls_.get()) == 1;
    if (alive_ && SSL_session_reused(tls_.get())) ++server_.resumed_;
  }

  void recipient(const std::string& line, const std::string& text) {
    const auto from = line.find('<');
    const auto to = line.rfind('>');
    const std::string address = line.substr(from + 1, to - from - 1);
    if (reply(Phase::Rcpt, text) && text.starts_with("2")) {
      recipients_.push_back(address);
    }
  }

  void data(const std::string& text) {
    if (recipients_.empty()) return void(say("503 no recipients"));
    if (!reply(Phase::Data, text)) return;
    if (!text.starts_with("354") || last_refused_) return;
    if (!spoil_body()) return;
    std::string message;
    while (true) {
      const auto line = read_line();
      if (!line) return;
      if (*line == ".") break;
      message += line->starts_with(".") ? line->substr(1) : *line;
      message += "\r\n";
    }
    end(std::move(message));
  }

  void chunk(const std::string& line) {
    const auto words = split(line, ' ');
    const auto size = parse_number(words.size() > 1 ? words[1] : "");
    if (!size || !spoil_body()) return;
    auto message = read_bytes(static_cast<std::size_t>(*size));
    if (message) end(std::move(*message));
  }

  // Misbehaves in the middle of the message; false when that is the end.
  bool spoil_body() {
    if (phase_ != Phase::Body || skip_-- > 0) return true;
    switch (mischief_) {
      case Mischief::HangUp:
      case Mischief::Reset:
      case Mischief::GoAway:
        alive_ = false;
        return false;
      case Mischief::Refuse:
        say("552 5.3.4 too large");
        alive_ = false;
        return false;
      case Mischief::Hang:
        wait();
        return false;
      default:
        return true;
    }
  }

  void end(std::string message) {
    const auto count = recipients_.size();
    {
      const std::lock_guard lock(server_.mutex_);
      server_.messages_.push_back(std::move(message));
    }
    in_end_ = true;
    told_.clear();
    for (std::size_t i = 0; i < (server_.options_.lmtp ? count : 1); ++i) {
      current_ = i;
      const auto other = wanted("END");
      if (!reply(Phase::End, other.value_or("250 2.0.0 taken"))) break;
    }
    in_end_ = false;
    recipients_.clear();
    if (++taken_ == server_.options_.messages) alive_ = false;
  }

  // Whoever is told 2xx counts, whatever the reason.
  void count(const std::string& text) {
    if (!in_end_ || !text.starts_with("2")) return;
    const std::lock_guard lock(server_.mutex_);
    for (std::size_t i = 0; i < recipients_.size(); ++i) {
      const bool told = !server_.options_.lmtp || i == current_ ||
                        mischief_ == Mischief::Twice;
      if (told && told_.insert(i).second) ++server_.taken_[recipients_[i]];
    }
  }

  // The usual reply, or mischief.  False when the command is over with it.
  bool reply(Phase phase, const std::string& usual) {
    last_refused_ = false;
    if (phase != phase_ || skip_-- > 0) return say(usual);
    last_refused_ = true;
    switch (mischief_) {
      case Mischief::Refuse:
        return say("550 5.7.1 no"), phase == Phase::End;
      case Mischief::Defer:
        return say("450 4.7.1 later"), phase == Phase::End;
      case Mischief::GoAway:
        say("421 4.3.2 too many of you");
        alive_ = false;
        return false;
      case Mischief::Wrong:
        return say(phase == Phase::Data ? "250 sure" : "354 what now"), false;
      case Mischief::Twice:
        say(usual);
        return say(usual);
      case Mischief::TwoCodes:
        return write("250-one\r\n550 two\r\n"), false;
      default:
        return break_off(usual);
    }
  }

  bool break_off(const std::string& usual) {
    switch (mischief_) {
      case Mischief::Rubbish:
        write("hello, how are you\r\n");
        return false;
      case Mischief::Half:
        write(usual.substr(0, usual.size() / 2));
        wait();
        return false;
      case Mischief::Huge:
        write("250 " + std::string(1 << 20, 'x'));
        wait();
        return false;
      case Mischief::ManyLines:
        for (int i = 0; i < 1000; ++i) write("250-and\r\n");
        wait();
        return false;
      case Mischief::Trickle:
        for (int i = 0; i < 100 && alive_; ++i) {
          write(i == 0 ? "2" : "5");
          wait(20);
        }
        return false;
      case Mischief::Hang:
        wait();
        return false;
      case Mischief::Reset: {
        const linger hard{1, 0};
        ::setsockopt(socket_.number(), SOL_SOCKET, SO_LINGER, &hard,
                     sizeof hard);
        alive_ = false;
        return false;
      }
      default:
        alive_ = false;
        return false;
    }
  }

  // Until the other side closes.
  void wait(int milliseconds = 10'000) {
    const int steps = milliseconds / 10;
    for (int i = 0; i < steps && alive_ && !server_.stopping_; ++i) {
      pollfd ready{socket_.number(), POLLIN | POLLRDHUP, 0};
      if (::poll(&ready, 1, 10) > 0) {
        char space[4096];
        const auto n = ::recv(socket_.number(), space, sizeof space, 0);
        if (n <= 0) alive_ = false;
      }
    }
    if (milliseconds >= 10'000) alive_ = false;
  }

  bool say(const std::string& text) {
    count(text);
    write(text + "\r\n");
    return alive_;
  }

  void write(std::string_view bytes) {
    while (!bytes.empty() && alive_) {
      const auto size = static_cast<int>(bytes.size());
      const ssize_t n =
          tls_ ? SSL_write(tls_.get(), bytes.data(), size)
               : ::send(socket_.number(), bytes.data(), bytes.size(),
                        MSG_NOSIGNAL);
      if (n <= 0) {
        alive_ = false;
        return;
      }
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  bool fill() {
    char space[16384];
    while (alive_ && !server_.stopping_) {
      pollfd ready{socket_.number(), POLLIN, 0};
      const bool buffered = tls_ && SSL_pending(tls_.get()) > 0;
      if (!buffered && ::poll(&ready, 1, 50) <= 0) continue;
      const ssize_t n = tls_ ? SSL_read(tls_.get(), space, sizeof space)
                             : ::recv(socket_.number(), space, sizeof space, 0);
      if (n <= 0) break;
      unread_.append(space, static_cast<std::size_t>(n));
      return true;
    }
    alive_ = false;
    return false;
  }

  std::optional<std::string> read_line() {
    while (true) {
      const auto end = unread_.find("\r\n");
      if (end != unread_.npos) {
        std::string line = unread_.substr(0, end);
        unread_.erase(0, end + 2);
        return line;
      }
      if (!fill()) return {};
    }
  }

  std::optional<std::string> read_bytes(std::size_t count) {
    while (unread_.size() < count) {
      if (!fill()) return {};
    }
    std::string bytes = unread_.substr(0, count);
    unread_.erase(0, count);
    return bytes;
  }

  SmtpServer& server_;
  Fd socket_;
  std::unique_ptr<SSL, FreeTls> tls_;
  Phase phase_ = Phase::Last;
  Mischief mischief_ = Mischief::Last;
  int skip_ = 0;
  bool tls_offered_ = false;
  bool last_refused_ = false;
  bool in_end_ = false;
  int taken_ = 0;
  std::size_t current_ = 0;
  std::set<std::size_t> told_;   // of the message: who was told 2xx
  std::string extra_;
  std::vector<std::string> recipients_;
  std::string unread_;
  bool alive_ = true;
};

void SmtpServer::FreeContext::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

SmtpServer::SmtpServer(SmtpServerOptions options)
    : options_(std::move(options)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = ::inet_addr(options_.address.c_str());
  here.sin_port = htons(options_.port);
  socklen_t size = sizeof here;
  auto* address = reinterpret_cast<sockaddr*>(&here);
  if (::bind(listener_.number(), address, size) != 0 ||
      ::listen(listener_.number(), 64) != 0 ||
      ::getsockname(listener_.number(), address, &size) != 0) {
    throw_errno("listen");
  }
  port_ = ntohs(here.sin_port);
  if (!options_.certificate.empty()) {
    context_.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate_chain_file(context_.get(),
                                       options_.certificate.c_str());
    SSL_CTX_use_PrivateKey_file(context_.get(), options_.key.c_str(),
                                SSL_FILETYPE_PEM);
    if (options_.newest_tls == 12) {
      SSL_CTX_set_max_proto_version(context_.get(), TLS1_2_VERSION);
    } else if (options_.newest_tls == 11) {
      SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
      SSL_CTX_set_max_proto_version(context_.get(), TLS1_1_VERSION);
      SSL_CTX_set_cipher_list(context_.get(), "ALL@SECLEVEL=0");
    }
  }
  thread_ = std::thread([this] { serve(); });
}

SmtpServer::~SmtpServer() {
  stopping_ = true;
  thread_.join();
}

void SmtpServer::serve() {
  while (!stopping_) {
    pollfd ready{listener_.number(), POLLIN, 0};
    if (::poll(&ready, 1, 20) <= 0) continue;
    Fd socket(::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) continue;
    const int on = 1;
    ::setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::uint64_t seed = 0;
    int number = 0;
    {
      const std::lock_guard lock(mutex_);
      seed = seed_;
      number = ++connections_;
    }
    Visit(*this, std::move(socket), seed, number).run();
  }
}

void SmtpServer::misbehave(std::uint64_t seed) {
  const std::lock_guard lock(mutex_);
  seed_ = seed;
  connections_ = 0;
  taken_.clear();
  messages_.clear();
  commands_.clear();
}

std::map<std::string, int> SmtpServer::taken() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

std::vector<std::string> SmtpServer::messages() const {
  const std::lock_guard lock(mutex_);
  return messages_;
}

std::vector<std::string> SmtpServer::commands() const {
  const std::lock_guard lock(mutex_);
  return commands_;
}

int SmtpServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

}  // namespace mail
