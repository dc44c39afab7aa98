#include "base/sha.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/fault.h"

namespace mail {
namespace {

const EVP_MD* digest_of(Sha kind) {
  return kind == Sha::Sha1 ? EVP_sha1() : EVP_sha256();
}

std::size_t size_of(Sha kind) { return kind == Sha::Sha1 ? 20 : 32; }

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace

std::string sha(Sha kind, std::string_view bytes) {
  std::string out(size_of(kind), '\0');
  if (EVP_Digest(bytes.data(), bytes.size(), bytes_of(out), nullptr,
                 digest_of(kind), nullptr) != 1) {
    throw Fault("OpenSSL refuses a digest");
  }
  return out;
}

std::string hmac(Sha kind, std::string_view key, std::string_view bytes) {
  std::string out(size_of(kind), '\0');
  // A null key would mean "the same as before".
  if (!HMAC(digest_of(kind), key.data() ? key.data() : "",
            static_cast<int>(key.size()), bytes_of(bytes), bytes.size(),
            bytes_of(out), nullptr)) {
    throw Fault("OpenSSL refuses an HMAC");
  }
  return out;
}

std::string pbkdf2(Sha kind, std::string_view password, std::string_view salt,
                   int iterations) {
  std::string out(size_of(kind), '\0');
  if (PKCS5_PBKDF2_HMAC(password.data() ? password.data() : "",
                        static_cast<int>(password.size()), bytes_of(salt),
                        static_cast<int>(salt.size()), iterations,
                        digest_of(kind), static_cast<int>(out.size()),
                        bytes_of(out)) != 1) {
    throw Fault("OpenSSL refuses PBKDF2");
  }
  return out;
}

}  // namespace mail
