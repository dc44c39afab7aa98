// When to try again what could not be delivered, and until when.
#pragma once

#include "base/clock.h"

namespace mail::deliver {

// After `attempts` that failed: 5, 10, 20, 40 min, 1 h, 2 h, 4 h, then every
// 4 h, each 15 % more or less by chance, so that what failed together does
// not come back together.
Micros retry_delay(int attempts);

// The same without chance.
Micros plain_retry_delay(int attempts);

}  // namespace mail::deliver
