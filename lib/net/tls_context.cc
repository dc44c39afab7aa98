#include "net/tls_context.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstring>

#include "base/clock.h"
#include "base/fault.h"
#include "net/openssl.h"
#include "net/ticket_keys.h"

namespace mail::net {
namespace {

// Suites of TLS 1.2 with forward secrecy and authenticated encryption (RFC
// 9325 4.2); those of TLS 1.3 are all good.
constexpr char kSuites[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

constexpr long kTicketLife = 6 * 3600;  // seconds

std::int64_t now() { return wall_time() / kSecond; }

int key_index() {
  static const int index =
      SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// Sets up cipher and MAC with a ticket's key; false when OpenSSL fails.
bool use_key(const TicketKeys::Key& key, const unsigned char* iv,
             EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int encrypt) {
  std::string mac_key = key.mac;
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, mac_key.data(),
                                        mac_key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params) == 1 &&
         EVP_CipherInit_ex(
             cipher, EVP_aes_256_cbc(), nullptr,
             reinterpret_cast<const unsigned char*>(key.encryption.data()), iv,
             encrypt) == 1;
}

// SSL_CTX_set_tlsext_ticket_key_evp_cb(3).
int ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv,
               EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int encrypt) noexcept {
  constexpr int kFailed = -1, kUnknown = 0, kGood = 1, kRenew = 2;
  auto* keys = static_cast<TicketKeys*>(
      SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), key_index()));
  if (encrypt == 1) {
    const TicketKeys::Key key = keys->current(now());
    std::memcpy(name, key.name.data(), key.name.size());
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) {
      return kFailed;
    }
    return use_key(key, iv, cipher, mac, 1) ? kGood : kFailed;
  }
  const std::string wanted(reinterpret_cast<const char*>(name), 16);
  const TicketKeys::Key key = keys->named(wanted, now());
  if (key.name.empty()) return kUnknown;
  if (!use_key(key, iv, cipher, mac, 0)) return kFailed;
  // A ticket of TLS 1.3 is used once (RFC 8446 C.4): there is always another.
  const bool renew = SSL_version(ssl) >= TLS1_3_VERSION ||
                     key.name != keys->current(now()).name;
  return renew ? kRenew : kGood;
}

void configure(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS |
                                SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_cipher_list(context, kSuites);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context, kTicketLife);
  SSL_CTX_set_num_tickets(context, 1);
  const unsigned char id[] = "staunch";
  SSL_CTX_set_session_id_context(context, id, sizeof id - 1);
}

// pem_password_cb(3).  Without one OpenSSL asks on the terminal, and waits.
int no_pass_phrase(char*, int, int, void* wanted) noexcept {
  if (wanted != nullptr) *static_cast<bool*>(wanted) = true;
  return -1;
}

void use_files(SSL_CTX* context, const CertificateFiles& files) {
  bool wanted = false;
  SSL_CTX_set_default_passwd_cb(context, no_pass_phrase);
  SSL_CTX_set_default_passwd_cb_userdata(context, &wanted);
  const bool certified = SSL_CTX_use_certificate_chain_file(
                             context, files.certificate.c_str()) == 1;
  const bool keyed =
      certified && SSL_CTX_use_PrivateKey_file(context, files.key.c_str(),
                                               SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (keyed) return;
  const std::string name =
      certified ? "key " + files.key : "certificate " + files.certificate;
  if (!wanted) throw_openssl(name);
  throw Fault(name + " is encrypted: nobody is asked for a pass phrase");
}

Openssl<SSL_CTX> make_context(const CertificateFiles& files) {
  ERR_clear_error();
  Openssl<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  if (!context) throw_openssl("SSL_CTX_new");
  configure(context.get());
  use_files(context.get(), files);
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    throw_openssl("key " + files.key + " is not the certificate's");
  }
  return context;
}

}  // namespace

struct TlsContext::State {
  TicketKeys keys{now()};
  std::vector<Openssl<SSL_CTX>> contexts;

  // RFC 6066 section 3: the certificate for the name that is asked for; the
  // first one when none has it.
  static int choose(SSL* ssl, int*, void* self) noexcept {
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) return SSL_TLSEXT_ERR_OK;
    for (const auto& context : static_cast<State*>(self)->contexts) {
      X509* certificate = SSL_CTX_get0_certificate(context.get());
      if (X509_check_host(certificate, name, 0, 0, nullptr) == 1) {
        SSL_set_SSL_CTX(ssl, context.get());
        break;
      }
    }
    return SSL_TLSEXT_ERR_OK;
  }
};

TlsContext::TlsContext(const std::vector<CertificateFiles>& files)
    : state_(std::make_unique<State>()) {
  for (const CertificateFiles& one : files) {
    state_->contexts.push_back(make_context(one));
    SSL_CTX* context = state_->contexts.back().get();
    SSL_CTX_set_ex_data(context, key_index(), &state_->keys);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket_key);
  }
  SSL_CTX* first = state_->contexts.at(0).get();
  SSL_CTX_set_tlsext_servername_callback(first, State::choose);
  SSL_CTX_set_tlsext_servername_arg(first, state_.get());
}

TlsContext::~TlsContext() = default;

ssl_st* TlsContext::make_session() const {
  SSL* ssl = SSL_new(state_->contexts[0].get());
  if (ssl == nullptr) throw_openssl("SSL_new");
  SSL_set_accept_state(ssl);
  return ssl;
}

}  // namespace mail::net
