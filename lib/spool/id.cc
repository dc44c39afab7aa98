#include "base/base32.h"
#include "base/fault.h"
#include "base/random.h"
#include "spool/spool.h"

namespace mail::spool {
namespace {

// 48 bits of milliseconds fill 10 digits (two bits stay zero), 80 random bits
// the other 16.
constexpr std::size_t kIdSize = 26;
constexpr int kTimeDigits = 10;

// 80 bits.
std::string digits_of(std::string_view bytes) {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    high = high << 8 | static_cast<unsigned char>(bytes[i]);
    low = low << 8 | static_cast<unsigned char>(bytes[i + 5]);
  }
  return base32(high, 8) + base32(low, 8);
}

}  // namespace

std::string make_id(Micros now) {
  const auto ms = static_cast<std::uint64_t>(now / kMillisecond);
  return base32(ms & ((std::uint64_t{1} << 48) - 1), kTimeDigits) +
         digits_of(random_bytes(10));
}

std::string id_from(std::string_view earlier, std::string_view digest) {
  require(is_id(earlier) && digest.size() >= 10, "an id and a digest");
  return std::string(earlier.substr(0, kTimeDigits)) + digits_of(digest);
}

bool is_id(std::string_view text) {
  return text.size() == kIdSize &&
         parse_base32(text.substr(0, kTimeDigits)).has_value() &&
         parse_base32(text.substr(kTimeDigits, 8)).has_value() &&
         parse_base32(text.substr(kTimeDigits + 8)).has_value();
}

Micros id_time(std::string_view id) {
  require(is_id(id), "not a spool id");
  const auto ms = parse_base32(id.substr(0, kTimeDigits)).value();
  return static_cast<Micros>(ms) * kMillisecond;
}

std::size_t shard_number(std::string_view id) {
  // FNV-1a: even over ids, the same everywhere and for ever.
  std::uint32_t hash = 2166136261u;
  for (const char c : id) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  }
  return (hash ^ hash >> 16) & 15;
}

char shard(std::string_view id) {
  return "0123456789abcdef"[shard_number(id)];
}

}  // namespace mail::spool
