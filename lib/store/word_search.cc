#include "store/word_search.h"

#include <string.h>

#include <algorithm>
#include <bit>

namespace mail::store {
namespace {

// Calls `use` with the place of each word that has the pattern.
template <class Use>
void each_match(std::string_view text, std::string_view pattern, Use use) {
  std::size_t place = 0;  // of the word behind the line end at `line`
  const char* line = text.data();
  const char* const end = text.data() + text.size();
  const char* from = line;
  while (from < end) {
    const auto* found = static_cast<const char*>(
        ::memmem(from, static_cast<std::size_t>(end - from), pattern.data(),
                 pattern.size()));
    if (found == nullptr) return;
    place += static_cast<std::size_t>(std::count(line + 1, found + 1, '\n'));
    use(place);
    const auto* next = static_cast<const char*>(
        ::memchr(found + 1, '\n', static_cast<std::size_t>(end - found - 1)));
    if (next == nullptr) return;
    ++place;
    line = from = next;
  }
}

class Search {
 public:
  Search(db::Database& db, const Segment& segment, const ZonePatterns& wanted)
      : db_(db),
        segment_(segment),
        wanted_(wanted),
        found_(wanted.patterns.size(), NumberSet(segment.range)) {}

  NumberSet run() {
    for (const Zone zone : wanted_.zones) look_through(zone);
    for (const NumberSet& others : std::span(found_).subspan(1)) {
      found_.front().keep(others);
    }
    return std::move(found_.front());
  }

 private:
  void look_through(Zone zone) {
    WordBlock block;
    std::int64_t from = first_block(segment_.id, zone);
    while (read_words(db_, segment_.id, zone, from, block)) {
      for (std::size_t i = 0; i < found_.size(); ++i) {
        look_for(wanted_.patterns[i], block, found_[i]);
      }
      from = block.id + 1;
    }
  }

  void look_for(std::string_view pattern, const WordBlock& block,
                NumberSet& found) {
    std::optional<BlockLists> lists;
    each_match(block.text, pattern, [&](std::size_t place) {
      if (!lists) lists.emplace(db_, block.id, segment_.range);
      for (const std::uint32_t number : lists->at(place)) found.add(number);
    });
  }

  db::Database& db_;
  const Segment& segment_;
  const ZonePatterns& wanted_;
  std::vector<NumberSet> found_;
};

}  // namespace

void NumberSet::keep(const NumberSet& others) {
  for (std::size_t i = 0; i < bits_.size(); ++i) bits_[i] &= others.bits_[i];
}

std::vector<std::uint32_t> NumberSet::numbers() const {
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i < bits_.size(); ++i) {
    for (std::uint64_t left = bits_[i]; left != 0; left &= left - 1) {
      out.push_back(static_cast<std::uint32_t>(
          i * 64 + static_cast<std::size_t>(std::countr_zero(left))));
    }
  }
  return out;
}

NumberSet search_segment(db::Database& db, const Segment& segment,
                         const ZonePatterns& wanted) {
  return Search(db, segment, wanted).run();
}

}  // namespace mail::store
