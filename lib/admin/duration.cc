#include "admin/duration.h"

#include <algorithm>
#include <optional>

#include "base/ascii.h"

namespace mail::admin {
namespace {

constexpr Micros kLongest = 3650 * kDay;

std::optional<Micros> unit(std::string_view letter) {
  if (letter.empty() || letter == "s") return kSecond;
  if (letter == "m") return kMinute;
  if (letter == "h") return kHour;
  if (letter == "d") return kDay;
  if (letter == "w") return 7 * kDay;
  return {};
}

}  // namespace

Result<Micros> parse_duration(std::string_view text) {
  const auto refusal = refuse("\"" + std::string(text) +
                              "\" is no duration such as 90s, 15m, 2h or 1d");
  if (text.empty()) return refusal;
  Micros sum = 0;
  while (!text.empty()) {
    const auto digits =
        text.substr(0, std::min(text.find_first_not_of("0123456789"),
                                text.size()));
    text.remove_prefix(digits.size());
    const auto number = parse_number(digits);
    const auto one = unit(text.substr(0, 1));
    text.remove_prefix(std::min<std::size_t>(text.size(), 1));
    if (!number || !one) return refusal;
    if (*number > static_cast<std::uint64_t>(kLongest / *one)) return refusal;
    sum += static_cast<Micros>(*number) * *one;
    if (sum > kLongest) return refusal;
  }
  return sum;
}

}  // namespace mail::admin
