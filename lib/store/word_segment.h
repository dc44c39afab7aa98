// Word segments: the words of a run of emails, sorted, and who has each.
//
// A segment covers the emails `first` to `first + range - 1`; emails are
// numbered from 0 in it.  On the disk it is blocks of words,
//
//   words    "\nword\nword\nword\n", sorted, one zone a block
//   lists    for each word the length of its postings (varint; 0: one email,
//            its number in two bytes), then the postings (store/postings.h)
//
// both under the key segment * 2^28 + zone * 2^24 + place, each with a sum
// over its bytes: what is not as it was written is a db::Damaged.  So a query
// reads through the words alone, a page each, as one long text, and opens the
// lists of what it found.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"
#include "store/postings.h"
#include "store/types.h"

namespace mail::store {

// Where in a message a word stands.
enum class Zone : std::uint8_t { Subject, From, To, Cc, Header, Body };
inline constexpr int kZones = 6;

struct Segment {
  std::int64_t id = 0;
  EmailId first = 0;
  std::uint32_t range = 0;
  std::int64_t docs = 0;  // emails in it
  std::int64_t dead = 0;  // of them removed since
  std::int64_t made = 0;  // when
  // Emails with too many words: the segment does not say what is in them.
  std::vector<std::uint32_t> partial;
};

std::vector<Segment> read_segments(db::Database& db);
void insert_segment(db::Database& db, const Segment& segment);
// With its blocks.
void drop_segment(db::Database& db, std::int64_t id);

// Writes the blocks of a segment.  Words come by zone, sorted, each once.
class SegmentWriter {
 public:
  SegmentWriter(db::Database& db, std::int64_t segment, std::uint32_t range);

  void add(Zone zone, std::string_view word,
           std::span<const std::uint32_t> numbers);
  void finish() { flush(); }

 private:
  void flush();

  db::Database& db_;
  std::int64_t segment_;
  std::uint32_t range_;
  Zone zone_ = Zone::Subject;
  std::int64_t place_ = 0;
  std::string text_;
  std::string lengths_;
  std::string postings_;
};

// A block as it was written.
struct WordBlock {
  std::int64_t id = 0;
  std::string text;
};

// The block with this id or the next one of the zone; false: there is none.
bool read_words(db::Database& db, std::int64_t segment, Zone zone,
                std::int64_t from, WordBlock& block);
std::int64_t first_block(std::int64_t segment, Zone zone);

// The lists of a block.
class BlockLists {
 public:
  BlockLists(db::Database& db, std::int64_t block, std::uint32_t range);

  // The emails that have the word at this place of the block, from 0; asked
  // for in ascending order.
  const std::vector<std::uint32_t>& at(std::size_t place);

 private:
  std::string data_;
  std::string_view lengths_;
  std::string_view postings_;
  std::size_t place_ = 0;
  std::uint32_t range_;
  std::vector<std::uint32_t> numbers_;
};

// Reads all words of a segment in order.
class SegmentReader {
 public:
  SegmentReader(db::Database& db, const Segment& segment);

  // Moves to the next word; false at the end.
  bool next();
  Zone zone() const { return zone_; }
  std::string_view word() const { return word_; }
  const std::vector<std::uint32_t>& numbers() { return lists_->at(place_); }

 private:
  bool next_block();

  db::Database& db_;
  const Segment& segment_;
  Zone zone_ = Zone::Subject;
  WordBlock block_;
  std::string_view rest_;  // of the block's text
  std::size_t place_ = 0;
  std::string_view word_;
  std::optional<BlockLists> lists_;
};

}  // namespace mail::store
