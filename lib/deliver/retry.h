// When to try again what could not be delivered, and until when.
#pragma once

#include <string_view>

#include "base/clock.h"

namespace mail::deliver {

// After `attempts` that failed: 5, 10, 20, 40 min, 1 h, 2 h, 4 h, then every
// 4 h, each up to 15 % more or less: messages that failed together do not come
// back together, but all recipients of one message (`id`) do.
Micros retry_delay(int attempts, std::string_view id);

// The same without chance.
Micros plain_retry_delay(int attempts);

}  // namespace mail::deliver
