// Argon2id: password hashes that cost whoever guesses 30 ms and 19 MiB each;
// by libsodium.
#pragma once

#include <string>
#include <string_view>

namespace mail::directory {

// "$argon2id$v=19$m=19456,t=2,p=1$...": parameters and salt are inside.
std::string argon2_hash(std::string_view password);

// Whether the password is the one; as slow as the hash says.
bool argon2_matches(std::string_view hash, std::string_view password);

}  // namespace mail::directory
