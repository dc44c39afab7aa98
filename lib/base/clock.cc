#include "base/clock.h"

#include <ctime>

namespace mail {
namespace {

Micros read_clock(clockid_t which) {
  timespec now{};
  clock_gettime(which, &now);
  return now.tv_sec * kSecond + now.tv_nsec / 1000;
}

}  // namespace

Micros wall_time() { return read_clock(CLOCK_REALTIME); }
Micros steady_time() { return read_clock(CLOCK_MONOTONIC); }
Micros SystemClock::now() const { return wall_time(); }

}  // namespace mail
