#include "net/certificate.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/random.h"
#include "net/openssl.h"

namespace mail::net {
namespace {

constexpr long kHour = 3600;
constexpr long kDay = 24 * kHour;

bool is_address(const std::string& name) {
  unsigned char space[16];
  return ::inet_pton(AF_INET, name.c_str(), space) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), space) == 1;
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Openssl<X509_EXTENSION> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) {
    throw_openssl("certificate extension " + value);
  }
}

// A positive serial number of 63 random bits.
void set_serial(X509* certificate) {
  const std::uint64_t number = (random_number() >> 1) | 1;
  if (ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number) !=
      1) {
    throw_openssl("certificate serial number");
  }
}

void set_names(X509* certificate, const std::vector<std::string>& names) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  // A common name holds 64 characters at most (RFC 5280, upper bounds).
  const std::string common = names.front().substr(0, 64);
  if (X509_NAME_add_entry_by_txt(
          subject, "CN", MBSTRING_UTF8,
          reinterpret_cast<const unsigned char*>(common.c_str()), -1, -1,
          0) != 1 ||
      X509_set_issuer_name(certificate, subject) != 1) {
    throw_openssl("certificate subject");
  }
  std::string alternatives;
  for (const std::string& name : names) {
    alternatives += (alternatives.empty() ? "" : ",");
    alternatives += (is_address(name) ? "IP:" : "DNS:") + name;
  }
  add_extension(certificate, NID_subject_alt_name, alternatives);
}

template <class Write>
std::string pem(Write write) {
  const Openssl<BIO> memory(BIO_new(BIO_s_mem()));
  if (!memory || write(memory.get()) != 1) throw_openssl("write PEM");
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &bytes);
  return std::string(bytes, static_cast<std::size_t>(size));
}

}  // namespace

CertificateText make_certificate(const std::vector<std::string>& names,
                                 int days) {
  const Openssl<EVP_PKEY> key(EVP_EC_gen("P-256"));
  if (!key) throw_openssl("make a key");
  const Openssl<X509> certificate(X509_new());
  X509* const x = certificate.get();
  if (x == nullptr || X509_set_version(x, X509_VERSION_3) != 1 ||
      X509_set_pubkey(x, key.get()) != 1) {
    throw_openssl("make a certificate");
  }
  set_serial(x);
  X509_gmtime_adj(X509_getm_notBefore(x), -kHour);
  X509_gmtime_adj(X509_getm_notAfter(x), days * kDay);
  set_names(x, names);
  add_extension(x, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(x, NID_key_usage, "critical,digitalSignature");
  add_extension(x, NID_ext_key_usage, "serverAuth,clientAuth");
  if (X509_sign(x, key.get(), EVP_sha256()) == 0) {
    throw_openssl("sign a certificate");
  }
  return {pem([&](BIO* bio) { return PEM_write_bio_X509(bio, x); }),
          pem([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0,
                                            nullptr, nullptr);
          })};
}

}  // namespace mail::net
