#include "deliver/retry.h"

#include <algorithm>
#include <array>

#include "base/random.h"

namespace mail::deliver {

Micros plain_retry_delay(int attempts) {
  constexpr std::array<Micros, 7> kDelays = {
      5 * kMinute, 10 * kMinute, 20 * kMinute, 40 * kMinute,
      kHour,       2 * kHour,    4 * kHour};
  const int last = static_cast<int>(kDelays.size()) - 1;
  return kDelays[static_cast<std::size_t>(std::clamp(attempts - 1, 0, last))];
}

Micros retry_delay(int attempts) {
  const Micros delay = plain_retry_delay(attempts);
  return delay * (8'500 + random_below(3'001)) / 10'000;
}

}  // namespace mail::deliver
