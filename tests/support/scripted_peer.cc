#include "tests/support/scripted_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/fault.h"

namespace mail {
namespace {

constexpr int kPatience = 10;  // seconds

sockaddr_in loopback(const std::string& address, std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
  return to;
}

}  // namespace

void ScriptedPeer::Free::operator()(ssl_st* tls) const { SSL_free(tls); }
void ScriptedPeer::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}
void ScriptedPeer::Free::operator()(ssl_session_st* session) const {
  SSL_SESSION_free(session);
}

ScriptedPeer::ScriptedPeer(std::uint16_t port, const std::string& from)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  const timeval patience{kPatience, 0};
  const int on = 1;
  ::setsockopt(number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(number(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  ::setsockopt(number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const sockaddr_in here = loopback(from, 0);
  const sockaddr_in there = loopback("127.0.0.1", port);
  if (::bind(number(), reinterpret_cast<const sockaddr*>(&here), sizeof here) !=
          0 ||
      ::connect(number(), reinterpret_cast<const sockaddr*>(&there),
                sizeof there) != 0) {
    throw_errno("connect to port " + std::to_string(port));
  }
}

ScriptedPeer::~ScriptedPeer() = default;
ScriptedPeer::ScriptedPeer(ScriptedPeer&&) noexcept = default;
ScriptedPeer& ScriptedPeer::operator=(ScriptedPeer&&) noexcept = default;

void ScriptedPeer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto size = static_cast<int>(bytes.size());
    const ssize_t n =
        tls_ ? SSL_write(tls_.get(), bytes.data(), size)
             : ::send(number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

bool ScriptedPeer::fill() {
  char space[16384];
  const ssize_t n = tls_ ? SSL_read(tls_.get(), space, sizeof space)
                         : ::recv(number(), space, sizeof space, 0);
  if (n > 0) unread_.append(space, static_cast<std::size_t>(n));
  closed_ = n == 0 || (n < 0 && errno != EAGAIN);
  return n > 0;
}

std::string ScriptedPeer::line() {
  for (;;) {
    const std::size_t end = unread_.find('\n');
    if (end != unread_.npos) {
      std::string line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      if (line.ends_with('\r')) line.pop_back();
      return line;
    }
    if (!fill()) return closed_ ? "(closed)" : "(nothing)";
  }
}

std::string ScriptedPeer::ask(std::string_view command) {
  send(std::string(command) + "\r\n");
  return line();
}

std::string ScriptedPeer::bytes(std::size_t count) {
  while (unread_.size() < count && fill()) {
  }
  const std::string bytes = unread_.substr(0, count);
  unread_.erase(0, count);
  return bytes;
}

bool ScriptedPeer::closes() {
  while (fill()) unread_.clear();
  return closed_;
}

bool ScriptedPeer::silent(int milliseconds) {
  pollfd ready{number(), POLLIN, 0};
  return unread_.empty() && ::poll(&ready, 1, milliseconds) == 0;
}

void ScriptedPeer::finish() { ::shutdown(number(), SHUT_WR); }

bool ScriptedPeer::start_tls(const std::string& server_name) {
  context_.reset(SSL_CTX_new(TLS_client_method()));
  tls_.reset(SSL_new(context_.get()));
  SSL_set_fd(tls_.get(), number());
  if (!server_name.empty()) {
    SSL_set_tlsext_host_name(tls_.get(), server_name.c_str());
  }
  if (session_) SSL_set_session(tls_.get(), session_.get());
  return SSL_connect(tls_.get()) == 1;
}

std::string ScriptedPeer::certificate_name() const {
  X509* certificate = SSL_get1_peer_certificate(tls_.get());
  if (certificate == nullptr) return {};
  char name[256] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                            name, sizeof name);
  X509_free(certificate);
  return name;
}

std::string ScriptedPeer::exporter() const {
  constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
  std::string bytes(32, '\0');
  SSL_export_keying_material(
      tls_.get(), reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
      kLabel.data(), kLabel.size(), nullptr, 0, 0);
  return bytes;
}

bool ScriptedPeer::resumed() const {
  return SSL_session_reused(tls_.get()) == 1;
}

void ScriptedPeer::resume(const ScriptedPeer& other) {
  session_.reset(SSL_get1_session(other.tls_.get()));
}

}  // namespace mail
