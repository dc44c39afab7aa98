// Timetable: what the scheduler does by time, and when next; in steady_time().
#pragma once

#include <limits>

#include "base/clock.h"

namespace mail::deliver {

struct Timetable {
  static constexpr Micros kNever = std::numeric_limits<Micros>::max();

  Micros scan = 0;
  Micros scan_pause = 0;
  Micros probe = 0;
  Micros sites = 0;
  Micros suspensions = kNever;  // one of them ends
  Micros others = 0;
  Micros opening = 0;  // of new mail: after trouble
  Micros removals = kNever;  // of what is deleted by half
  Micros removals_pause = 0;
};

}  // namespace mail::deliver
