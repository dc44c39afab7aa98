// Time: microseconds since 1970, UTC, in everything that is stored.
#pragma once

#include <cstdint>

namespace mail {

using Micros = std::int64_t;

inline constexpr Micros kMillisecond = 1'000;
inline constexpr Micros kSecond = 1'000'000;
inline constexpr Micros kMinute = 60 * kSecond;
inline constexpr Micros kHour = 60 * kMinute;
inline constexpr Micros kDay = 24 * kHour;

// Where code that decides by time takes it from; tests bring a FakeClock.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Micros now() const = 0;
};

class SystemClock : public Clock {
 public:
  Micros now() const override;
};

// The wall clock, and a clock that never steps (for deadlines).
Micros wall_time();
Micros steady_time();

}  // namespace mail
