// A wall clock that tests set, for all of this process and those it has
// forked since: what never steps is left alone.
#pragma once

#include "base/clock.h"

namespace mail {

// Sets it by so much; what it was set by before counts as well.
void set_clock(Micros step);

// As it was, at the end.
struct ClockRestorer {
  ~ClockRestorer();
};

}  // namespace mail
