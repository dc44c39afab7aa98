#include "base/random.h"

#include <sodium.h>

namespace mail {

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), count);
  return bytes;
}

std::uint64_t random_number() {
  std::uint64_t number;
  randombytes_buf(&number, sizeof number);
  return number;
}

std::uint32_t random_below(std::uint32_t below) {
  return randombytes_uniform(below);
}

}  // namespace mail
