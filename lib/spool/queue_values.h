// What a row of queue.db says, within bounds.
//
// The file may be damaged, or somebody has worked on it by hand: whatever a
// column holds, of whatever type, the values that come from here can be
// counted with, compared and kept in memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "db/statement.h"
#include "spool/queue_rows.h"

namespace mail::spool {

inline constexpr std::size_t kMostQueueText = 16 << 10;
inline constexpr std::int64_t kMostQueueCount = 1'000'000;
// The end of the year 9999.
inline constexpr Micros kMostQueueTime = 253'402'300'799 * kSecond;

inline std::string_view text_in(const db::Statement& row, int column) {
  return row.text(column).substr(0, kMostQueueText);
}

inline Micros time_in(const db::Statement& row, int column) {
  return std::clamp<Micros>(row.integer(column), 0, kMostQueueTime);
}

inline int count_in(const db::Statement& row, int column) {
  return static_cast<int>(
      std::clamp<std::int64_t>(row.integer(column), 0, kMostQueueCount));
}

inline RecipientState state_in(const db::Statement& row, int column) {
  const std::int64_t state = row.integer(column);
  constexpr auto kLast = static_cast<std::int64_t>(RecipientState::Expanded);
  return state >= static_cast<std::int64_t>(RecipientState::Failed) &&
                 state <= kLast
             ? static_cast<RecipientState>(state)
             : RecipientState::Deferred;
}

// Octets of a message.
inline std::int64_t size_in(const db::Statement& row, int column) {
  return std::clamp<std::int64_t>(row.integer(column), 0, INT64_MAX / 1024);
}

inline std::uint64_t account_in(const db::Statement& row, int column) {
  return static_cast<std::uint64_t>(row.integer(column));
}

}  // namespace mail::spool
