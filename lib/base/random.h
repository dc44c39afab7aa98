// Randomness nobody can guess, from the kernel through libsodium.
#pragma once

#include <cstdint>
#include <string>

namespace mail {

std::string random_bytes(std::size_t count);
std::uint64_t random_number();

// Evenly among 0 ... below - 1.
std::uint32_t random_below(std::uint32_t below);

}  // namespace mail
