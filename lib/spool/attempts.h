// Attempts: what is remembered of the tries to deliver to one recipient.
//
// Lines of fields (spool/fields.h), the oldest first, the last five kept.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace mail::spool {

inline constexpr std::size_t kMaxAttemptsKept = 5;
inline constexpr std::size_t kMaxAttemptText = 300;

struct Attempt {
  Micros at = 0;
  std::string host;      // "mx.example.org [192.0.2.1]"; empty: none
  int code = 0;          // 450; 0: no reply
  std::string enhanced;  // "4.7.1"
  std::string text;
};

// What `history` becomes with one more.
std::string with_attempt(std::string_view history, const Attempt& attempt);

// What does not parse is left out.
std::vector<Attempt> attempts_of(std::string_view history);

}  // namespace mail::spool
