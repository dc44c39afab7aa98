#include "net/tls_client.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "base/fault.h"
#include "net/openssl.h"

namespace mail::net {
namespace {

constexpr std::size_t kMostSessions = 2000;

struct FreeSession {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SavedSession = std::unique_ptr<SSL_SESSION, FreeSession>;

// The last session of each host; the oldest hosts are forgotten.
class Sessions {
 public:
  void keep(const std::string& key, SavedSession session) {
    const std::lock_guard lock(mutex_);
    auto& slot = sessions_[key];
    if (!slot) order_.push_back(key);
    slot = std::move(session);
    if (order_.size() > kMostSessions) {
      sessions_.erase(order_.front());
      order_.pop_front();
    }
  }
  SavedSession find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(key);
    if (found == sessions_.end()) return nullptr;
    SSL_SESSION* session = found->second.get();
    if (session == nullptr || SSL_SESSION_up_ref(session) != 1) return nullptr;
    return SavedSession(session);
  }
  // One that failed must not be tried again.
  void forget(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(key);
    if (found == sessions_.end()) return;
    sessions_.erase(found);
    std::erase(order_, key);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, SavedSession> sessions_;
  std::deque<std::string> order_;
};

int sessions_index() {
  static const int index =
      SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

void free_key(void*, void* key, CRYPTO_EX_DATA*, int, long, void*) noexcept {
  const std::unique_ptr<std::string> owner(static_cast<std::string*>(key));
}

// The session's key, kept with the connection and freed with it.
int key_index() {
  static const int index =
      SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_key);
  return index;
}

// SSL_CTX_sess_set_new_cb(3): 1 keeps the reference.
int new_session(SSL* tls, SSL_SESSION* session) noexcept {
  auto* sessions = static_cast<Sessions*>(
      SSL_CTX_get_ex_data(SSL_get_SSL_CTX(tls), sessions_index()));
  const auto* key =
      static_cast<const std::string*>(SSL_get_ex_data(tls, key_index()));
  if (key == nullptr || SSL_SESSION_is_resumable(session) != 1) return 0;
  sessions->keep(*key, SavedSession(session));
  return 1;
}

void configure(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS |
                                SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(
      context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, new_session);
  // A chain of a hundred certificates is no certificate (and hostile).
  SSL_CTX_set_verify_depth(context, 10);
  SSL_CTX_set_max_cert_list(context, 100 << 10);
}

std::string last_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code ? ERR_reason_error_string(code) : nullptr;
  return reason ? reason : "connection lost";
}

}  // namespace

struct TlsClient::State {
  Sessions sessions;
  Openssl<SSL_CTX> context;
  bool verifies = false;
};

void TlsStream::Free::operator()(ssl_st* tls) const { SSL_free(tls); }

TlsClient::TlsClient(const std::string& authorities)
    : state_(std::make_unique<State>()) {
  ERR_clear_error();
  state_->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = state_->context.get();
  if (context == nullptr) throw_openssl("SSL_CTX_new");
  configure(context);
  SSL_CTX_set_ex_data(context, sessions_index(), &state_->sessions);
  if (authorities.empty() || ::access(authorities.c_str(), F_OK) != 0) return;
  if (SSL_CTX_load_verify_file(context, authorities.c_str()) != 1) {
    throw_openssl("certificates of authorities " + authorities);
  }
  state_->verifies = true;
}

TlsClient::~TlsClient() = default;

bool TlsClient::can_verify() const { return state_->verifies; }

TlsStream TlsClient::open(int socket, const TlsTarget& target) {
  ERR_clear_error();
  TlsStream stream(SSL_new(state_->context.get()));
  SSL* tls = stream.tls_.get();
  if (tls == nullptr || SSL_set_fd(tls, socket) != 1) throw_openssl("SSL_new");
  SSL_set_connect_state(tls);
  if (!target.host.empty() &&
      SSL_set_tlsext_host_name(tls, target.host.c_str()) != 1) {
    throw_openssl("server name");
  }
  if (target.check == TlsTarget::Check::Name) {
    SSL_set_hostflags(tls, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (SSL_set1_host(tls, target.host.c_str()) != 1) throw_openssl("host");
    SSL_set_verify(tls, SSL_VERIFY_PEER, nullptr);
    SSL_set_security_level(tls, 2);
  } else {
    // Weak encryption is better than none (RFC 7435 section 3).
    SSL_set_security_level(tls, 0);
  }
  if (!target.session.empty()) {
    auto key = std::make_unique<std::string>(
        (target.check == TlsTarget::Check::Name ? "=" : "~") + target.session);
    if (const SavedSession last = state_->sessions.find(*key)) {
      SSL_set_session(tls, last.get());
      // Of TLS 1.3 it is used once (RFC 8446 C.4): another one will come.
      if (SSL_SESSION_get_protocol_version(last.get()) >= TLS1_3_VERSION) {
        state_->sessions.forget(*key);
      }
    }
    if (SSL_set_ex_data(tls, key_index(), key.get()) == 1) key.release();
  }
  return stream;
}

Step TlsStream::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(tls_.get());
  if (result == 1) return {};
  const long verified = SSL_get_verify_result(tls_.get());
  const Step step = after(result);
  if (step.is == Step::Is::Broken && verified != X509_V_OK &&
      SSL_get_verify_mode(tls_.get()) != SSL_VERIFY_NONE) {
    why_ = X509_verify_cert_error_string(verified);
  }
  return step;
}

Step TlsStream::read(std::span<char> space) {
  ERR_clear_error();
  std::size_t got = 0;
  const int result = SSL_read_ex(tls_.get(), space.data(), space.size(), &got);
  return result == 1 ? Step{Step::Is::Moved, got} : after(result);
}

Step TlsStream::write(std::string_view bytes) {
  ERR_clear_error();
  std::size_t sent = 0;
  const int result =
      SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent);
  return result == 1 ? Step{Step::Is::Moved, sent} : after(result);
}

void TlsStream::finish() {
  if (!SSL_is_init_finished(tls_.get())) return;
  ERR_clear_error();
  SSL_shutdown(tls_.get());
  ERR_clear_error();
}

bool TlsStream::pending() const { return SSL_has_pending(tls_.get()) == 1; }

std::string TlsStream::facts() const {
  return std::string(SSL_get_version(tls_.get())) + " " +
         SSL_get_cipher_name(tls_.get());
}

bool TlsStream::resumed() const {
  return SSL_session_reused(tls_.get()) == 1;
}

Step TlsStream::after(int result) {
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {Step::Is::WantRead, 0};
    case SSL_ERROR_WANT_WRITE:
      return {Step::Is::WantWrite, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {Step::Is::Ended, 0};
    default:
      why_ = last_error();
      return {Step::Is::Broken, 0};
  }
}

}  // namespace mail::net
