#include "base/base32.h"

namespace mail {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

}  // namespace

std::string base32(std::uint64_t number, int digits) {
  std::string out(static_cast<std::size_t>(digits), '0');
  for (auto place = out.rbegin(); place != out.rend(); ++place) {
    *place = kAlphabet[number & 31];
    number >>= 5;
  }
  return out;
}

std::string base32(std::uint64_t number) {
  int digits = 1;
  for (std::uint64_t rest = number >> 5; rest != 0; rest >>= 5) ++digits;
  return base32(number, digits);
}

std::optional<std::uint64_t> parse_base32(std::string_view digits) {
  if (digits.empty() || digits.size() > 12) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : digits) {
    const auto value = kAlphabet.find(c);
    if (value == kAlphabet.npos) return std::nullopt;
    number = number << 5 | value;
  }
  return number;
}

}  // namespace mail
