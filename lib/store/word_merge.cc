#include "store/word_merge.h"

#include <algorithm>
#include <deque>
#include <vector>

#include "base/clock.h"

namespace mail::store {
namespace {

constexpr std::size_t kFan = 4;
constexpr std::int64_t kSmallest = 64;  // emails

std::uint32_t range_of(std::span<const Segment> segments) {
  const Segment& last = segments.back();
  const EmailId range = last.first + last.range - segments.front().first;
  return static_cast<std::uint32_t>(
      std::min<EmailId>(range, kMostPostings + 1));
}

// One of the segments that are merged.
struct Source {
  Source(db::Database& db, const Segment& segment, std::uint32_t its_shift)
      : reader(db, segment), shift(its_shift), more(reader.next()) {}

  SegmentReader reader;
  std::uint32_t shift;  // of its numbers in the merged segment
  bool more;
};

bool before(const SegmentReader& a, const SegmentReader& b) {
  if (a.zone() != b.zone()) return a.zone() < b.zone();
  return a.word() < b.word();
}

class Merger {
 public:
  Merger(db::Database& db, std::span<const Segment> segments, std::int64_t id,
         const Alive& alive)
      : db_(db) {
    merged_.id = id;
    merged_.first = segments.front().first;
    merged_.range = range_of(segments);
    merged_.made = wall_time();
    alive_.resize(merged_.range);
    for (const Segment& segment : segments) {
      const auto shift =
          static_cast<std::uint32_t>(segment.first - merged_.first);
      for (std::uint32_t i = shift; i < shift + segment.range; ++i) {
        alive_[i] = alive(merged_.first + i);
      }
      for (const std::uint32_t number : segment.partial) {
        if (alive_[shift + number]) merged_.partial.push_back(shift + number);
      }
      sources_.emplace_back(db, segment, shift);
    }
    merged_.docs = std::ranges::count(alive_, true);
  }

  void run() {
    SegmentWriter writer(db_, merged_.id, merged_.range);
    while (Source* least = smallest()) {
      zone_ = least->reader.zone();
      word_ = least->reader.word();
      numbers_.clear();
      for (Source& source : sources_) take(source);
      if (!numbers_.empty()) writer.add(zone_, word_, numbers_);
    }
    writer.finish();
    insert_segment(db_, merged_);
  }

 private:
  Source* smallest() {
    Source* least = nullptr;
    for (Source& source : sources_) {
      if (!source.more) continue;
      if (!least || before(source.reader, least->reader)) least = &source;
    }
    return least;
  }

  void take(Source& source) {
    if (!source.more || source.reader.zone() != zone_ ||
        source.reader.word() != word_) {
      return;
    }
    for (const std::uint32_t number : source.reader.numbers()) {
      if (alive_[source.shift + number]) {
        numbers_.push_back(source.shift + number);
      }
    }
    source.more = source.reader.next();
  }

  db::Database& db_;
  Segment merged_;
  std::vector<bool> alive_;
  std::deque<Source> sources_;
  Zone zone_ = Zone::Subject;
  std::string word_;
  std::vector<std::uint32_t> numbers_;
};

}  // namespace

std::size_t segments_to_merge(std::span<const Segment> segments) {
  for (std::int64_t limit = kSmallest; limit < kMostPostings; limit *= kFan) {
    std::size_t count = 0;
    while (count < segments.size()) {
      const auto tail = segments.last(count + 1);
      if (tail.front().docs > limit || range_of(tail) > kMostPostings) break;
      ++count;
    }
    if (count >= kFan) return count;
  }
  return 0;
}

void merge_segments(db::Database& db, std::span<const Segment> segments,
                    std::int64_t id, const Alive& alive) {
  Merger(db, segments, id, alive).run();
  for (const Segment& segment : segments) drop_segment(db, segment.id);
}

}  // namespace mail::store
