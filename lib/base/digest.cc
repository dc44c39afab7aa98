#include "base/digest.h"

#include <sodium.h>

#include "base/fault.h"

namespace mail {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

struct Digest::State {
  crypto_generichash_state blake;
};

Digest::Digest(std::size_t size, std::string_view key)
    : state_(std::make_unique<State>()), size_(size) {
  const int failed = crypto_generichash_init(
      &state_->blake, key.empty() ? nullptr : bytes_of(key), key.size(), size);
  require(failed == 0, "digest size or key out of range");
}

Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::add(std::string_view bytes) {
  crypto_generichash_update(&state_->blake, bytes_of(bytes), bytes.size());
}

std::string Digest::finish() {
  std::string out(size_, '\0');
  crypto_generichash_final(&state_->blake,
                           reinterpret_cast<unsigned char*>(out.data()), size_);
  return out;
}

std::string blake2b(std::string_view bytes, std::size_t size,
                    std::string_view key) {
  Digest digest(size, key);
  digest.add(bytes);
  return digest.finish();
}

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace mail
