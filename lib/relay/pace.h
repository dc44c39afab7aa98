// Pace: how long a server may take for all of something that it may take its
// time for piece by piece.
//
//   const Pace pace(deadlines.block, 20 * deadlines.block);
//   wire.patience(pace.next());            // of one piece
//
// One that moves a little before each deadline would hold a connection for
// days otherwise.
#pragma once

#include <algorithm>

#include "base/clock.h"
#include "relay/wire.h"

namespace mail::relay {

class Pace {
 public:
  Pace(Patience each, Patience all)
      : each_(each), end_(steady_time() + all.count() * kMillisecond) {}

  // For the next piece; next to nothing when the time is over.
  Patience next() const {
    const Patience left((end_ - steady_time()) / kMillisecond);
    return std::clamp(left, Patience(1), each_);
  }

 private:
  Patience each_;
  Micros end_;
};

}  // namespace mail::relay
