// FakeClock: time that moves when the test says so.
#pragma once

#include "base/clock.h"

namespace mail {

class FakeClock : public Clock {
 public:
  Micros now() const override { return now_; }
  void advance(Micros span) { now_ += span; }

 private:
  Micros now_ = 1'700'000'000 * kSecond;
};

}  // namespace mail
