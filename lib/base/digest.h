// BLAKE2b: the checksum of the spool, and keyed tags for remembered secrets.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace mail {

// A digest that grows with the data:
//
//   Digest digest(16);
//   digest.add(bytes);
//   digest.finish()   // 16 bytes
class Digest {
 public:
  // `size`: bytes of the result, 16 to 64.  `key`: up to 64 bytes, or empty.
  explicit Digest(std::size_t size, std::string_view key = {});
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();

  void add(std::string_view bytes);

  // The result; the object is of no further use.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::size_t size_;
};

std::string blake2b(std::string_view bytes, std::size_t size,
                    std::string_view key = {});

// Compares in a time that does not tell where the two differ.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace mail
