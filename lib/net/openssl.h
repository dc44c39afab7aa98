// What OpenSSL gives, owned; and its errors as a Fault.  For net/ only.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace mail::net {

struct OpensslFree {
  void operator()(SSL* x) const { SSL_free(x); }
  void operator()(SSL_CTX* x) const { SSL_CTX_free(x); }
  void operator()(X509* x) const { X509_free(x); }
  void operator()(EVP_PKEY* x) const { EVP_PKEY_free(x); }
  void operator()(BIO* x) const { BIO_free(x); }
  void operator()(X509_EXTENSION* x) const { X509_EXTENSION_free(x); }
};
template <class T>
using Openssl = std::unique_ptr<T, OpensslFree>;

// Throws a Fault with OpenSSL's own words behind `doing`.
[[noreturn]] void throw_openssl(const std::string& doing);

}  // namespace mail::net
