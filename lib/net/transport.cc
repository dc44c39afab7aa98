#include "net/transport.h"

#include <openssl/err.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "net/openssl.h"
#include "net/tls_context.h"

namespace mail::net {
namespace {

Step failed(Step::Is want) {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {want, 0};
  return {Step::Is::Broken, 0};
}

template <class Attempt>
ssize_t undisturbed(Attempt attempt) {
  ssize_t result;
  do {
    result = attempt();
  } while (result < 0 && errno == EINTR);
  return result;
}

std::string text(const char* words) { return words ? words : ""; }

// RFC 9266: 32 bytes under this label, without a context.  In TLS 1.2 only
// the extended master secret makes it unique.
std::string exporter(SSL* tls) {
  constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
  if (SSL_version(tls) == TLS1_2_VERSION && SSL_get_extms_support(tls) != 1) {
    return {};
  }
  std::string bytes(32, '\0');
  if (SSL_export_keying_material(
          tls, reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
          kLabel.data(), kLabel.size(), nullptr, 0, 0) != 1) {
    return {};
  }
  return bytes;
}

// RFC 5929 4.1: the certificate's hash, by the hash its signature uses; MD5
// and SHA-1 are replaced by SHA-256.
std::string server_end_point(const SSL* tls) {
  const X509* certificate = SSL_get_certificate(tls);
  if (certificate == nullptr) return {};
  int hash = NID_undef;
  X509_get_signature_info(const_cast<X509*>(certificate), &hash, nullptr,
                          nullptr, nullptr);
  const EVP_MD* digest = EVP_get_digestbynid(hash);
  if (hash == NID_undef) return {};
  if (digest == nullptr || hash == NID_md5 || hash == NID_sha1) {
    digest = EVP_sha256();
  }
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(certificate, digest, bytes, &size) != 1) return {};
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

}  // namespace

void Transport::Free::operator()(ssl_st* tls) const { SSL_free(tls); }

Step Transport::read(std::span<char> space) {
  if (tls_) {
    ERR_clear_error();
    std::size_t got = 0;
    const int result =
        SSL_read_ex(tls_.get(), space.data(), space.size(), &got);
    return result == 1 ? Step{Step::Is::Moved, got} : after_tls(result);
  }
  const ssize_t n = undisturbed(
      [&] { return ::recv(number(), space.data(), space.size(), 0); });
  if (n < 0) return failed(Step::Is::WantRead);
  if (n == 0) return {Step::Is::Ended, 0};
  return {Step::Is::Moved, static_cast<std::size_t>(n)};
}

Step Transport::write(std::string_view bytes) {
  if (tls_) {
    ERR_clear_error();
    std::size_t sent = 0;
    const int result =
        SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent);
    return result == 1 ? Step{Step::Is::Moved, sent} : after_tls(result);
  }
  const ssize_t n = undisturbed([&] {
    return ::send(number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  });
  if (n < 0) return failed(Step::Is::WantWrite);
  return {Step::Is::Moved, static_cast<std::size_t>(n)};
}

Step Transport::send_file(int file, std::int64_t offset, std::int64_t length) {
  off_t from = offset;
  const ssize_t n = undisturbed([&] {
    return ::sendfile(number(), file, &from, static_cast<std::size_t>(length));
  });
  if (n < 0) return failed(Step::Is::WantWrite);
  if (n == 0) return {Step::Is::Ended, 0};
  return {Step::Is::Moved, static_cast<std::size_t>(n)};
}

void Transport::start_tls(const TlsContext& context) {
  tls_.reset(context.make_session());
  if (SSL_set_fd(tls_.get(), number()) != 1) throw_openssl("SSL_set_fd");
}

Step Transport::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(tls_.get());
  return result == 1 ? Step{} : after_tls(result);
}

TlsFacts Transport::facts() const {
  SSL* tls = tls_.get();
  return {text(SSL_get_version(tls)), text(SSL_get_cipher_name(tls)),
          text(SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name)),
          exporter(tls), server_end_point(tls)};
}

void Transport::finish() {
  if (tls_ && SSL_is_init_finished(tls_.get())) {
    ERR_clear_error();
    SSL_shutdown(tls_.get());
  }
  ::shutdown(number(), SHUT_WR);
}

void Transport::close() {
  tls_.reset();
  socket_.close();
}

Step Transport::after_tls(int result) const {
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {Step::Is::WantRead, 0};
    case SSL_ERROR_WANT_WRITE:
      return {Step::Is::WantWrite, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {Step::Is::Ended, 0};
    default:
      ERR_clear_error();
      return {Step::Is::Broken, 0};
  }
}

}  // namespace mail::net
