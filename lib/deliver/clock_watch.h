// ClockWatch: notices that somebody has set the wall clock, by comparing it
// with the one that never steps.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/fd.h"

namespace mail::deliver {

class ClockWatch {
 public:
  ClockWatch();

  // Readable when it was set: so that it is noticed at once.
  int wait_on() const { return timer_.number(); }

  // By how much since the last time; nothing when it was not, or by too little
  // to care about.  Costs next to nothing.
  std::optional<Micros> step();

 private:
  void arm();

  Fd timer_;
  Micros offset_;  // wall time less steady time
};

}  // namespace mail::deliver
