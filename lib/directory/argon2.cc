#include "directory/argon2.h"

#include <sodium.h>

#include "base/fault.h"

namespace mail::directory {
namespace {

// OWASP's second choice: 19 MiB, two passes.
constexpr unsigned long long kPasses = 2;
constexpr std::size_t kMemory = 19 << 20;

}  // namespace

std::string argon2_hash(std::string_view password) {
  std::string hash(crypto_pwhash_STRBYTES, '\0');
  if (crypto_pwhash_str_alg(hash.data(), password.data(), password.size(),
                            kPasses, kMemory,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw Fault("no memory for a password hash");
  }
  hash.resize(hash.find('\0'));
  return hash;
}

bool argon2_matches(std::string_view hash, std::string_view password) {
  const std::string ended(hash);
  return crypto_pwhash_str_verify(ended.c_str(), password.data(),
                                  password.size()) == 0;
}

}  // namespace mail::directory
