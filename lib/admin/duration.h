// Durations as people type them: "90", "90s", "15m", "2h", "1d12h", "2w".
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace mail::admin {

// At most ten years.
Result<Micros> parse_duration(std::string_view text);

}  // namespace mail::admin
