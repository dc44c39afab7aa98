// ClockWatch: notices that somebody has set the wall clock.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/fd.h"

namespace mail::deliver {

class ClockWatch {
 public:
  ClockWatch();

  // Readable when it was set.
  int wait_on() const { return timer_.number(); }

  // By how much; nothing when that is too little to care about.
  std::optional<Micros> step();

 private:
  void arm();

  Fd timer_;
  Micros offset_;  // wall time less steady time
};

}  // namespace mail::deliver
