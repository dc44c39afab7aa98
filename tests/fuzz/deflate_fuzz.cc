// What comes compressed: resting between two pieces makes no difference.
//
// The first byte says how long the pieces are.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/fault.h"
#include "net/deflate.h"

namespace {

constexpr std::size_t kRoom = 4096;
constexpr std::size_t kMost = 1 << 20;

enum class Between { Rest, GoOn };

// With "!" behind it when the bytes are no stream any more.
std::string unpacked(std::string_view text, std::size_t piece,
                     Between between) {
  mail::net::Decompressor decompressor;
  std::string out;
  while (!text.empty() && out.size() < kMost) {
    const std::size_t had = out.size();
    const auto used = decompressor.add(text.substr(0, piece), out, kRoom);
    if (!used) return out + "!";
    if (*used == 0 && out.size() == had) break;
    text.remove_prefix(*used);
    if (between == Between::Rest) decompressor.rest();
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size < 1) return 0;
  const std::size_t piece = 1 + data[0];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1,
                              size - 1);
  mail::require(unpacked(text, piece, Between::Rest) ==
                    unpacked(text, piece, Between::GoOn),
                "resting changes nothing");
  return 0;
}
