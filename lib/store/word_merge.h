// Merging word segments: many small ones become one, and what was removed
// leaves.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "db/database.h"
#include "store/word_segment.h"

namespace mail::store {

// Which of the segments, in order, should become one now: the last `n`; 0:
// none.  Each email is written again a few times in its life, and a search
// reads a few dozen segments at most.
std::size_t segments_to_merge(std::span<const Segment> segments);

// Writes the segment `id` from neighbours, and drops those.  Emails that are
// not `alive` stay behind.  Within a transaction.
using Alive = std::function<bool(EmailId)>;
void merge_segments(db::Database& db, std::span<const Segment> segments,
                    std::int64_t id, const Alive& alive);

}  // namespace mail::store
