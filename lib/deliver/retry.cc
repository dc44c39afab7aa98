#include "deliver/retry.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string>

namespace mail::deliver {

Micros plain_retry_delay(int attempts) {
  constexpr std::array<Micros, 7> kDelays = {
      5 * kMinute, 10 * kMinute, 20 * kMinute, 40 * kMinute,
      kHour,       2 * kHour,    4 * kHour};
  const int last = static_cast<int>(kDelays.size()) - 1;
  return kDelays[static_cast<std::size_t>(std::clamp(attempts - 1, 0, last))];
}

Micros retry_delay(int attempts, std::string_view id) {
  const std::string what = std::string(id) + std::to_string(attempts);
  const auto jitter =
      static_cast<Micros>(std::hash<std::string>{}(what) % 3'001);
  return plain_retry_delay(attempts) * (8'500 + jitter) / 10'000;
}

}  // namespace mail::deliver
