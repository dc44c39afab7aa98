// SHA: digests, HMAC and PBKDF2 with SHA-1 and SHA-256, for SCRAM; by
// OpenSSL.  What is new uses BLAKE2b (base/digest.h).
#pragma once

#include <string>
#include <string_view>

namespace mail {

enum class Sha { Sha1, Sha256 };

std::string sha(Sha kind, std::string_view bytes);

// RFC 2104.
std::string hmac(Sha kind, std::string_view key, std::string_view bytes);

// PBKDF2 (RFC 8018) with HMAC, one digest long: Hi() of RFC 5802.
std::string pbkdf2(Sha kind, std::string_view password, std::string_view salt,
                   int iterations);

}  // namespace mail
