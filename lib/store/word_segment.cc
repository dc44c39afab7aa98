#include "store/word_segment.h"

#include <cstring>

#include "store/word_queries.h"

namespace mail::store {
namespace {

// With its row this fills a page of SQLite.
constexpr std::size_t kBlockText = 3'950;

constexpr int kZoneShift = 24;
constexpr int kSegmentShift = 28;
constexpr std::int64_t kLastSegment = std::int64_t{1} << 34;

[[noreturn]] void damaged() { throw db::Damaged("search.db is damaged"); }

// Finds accidents, not enemies.
std::int64_t sum_of(std::int64_t id, std::string_view bytes) {
  constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15u;
  std::uint64_t sum = (static_cast<std::uint64_t>(id) ^ bytes.size()) * kFactor;
  const auto add = [&](std::uint64_t word) {
    sum = (sum ^ word) * kFactor;
    sum ^= sum >> 32;
  };
  std::uint64_t word = 0;
  for (; bytes.size() >= sizeof word; bytes.remove_prefix(sizeof word)) {
    std::memcpy(&word, bytes.data(), sizeof word);
    add(word);
  }
  word = 0;
  if (!bytes.empty()) std::memcpy(&word, bytes.data(), bytes.size());
  add(word);
  return static_cast<std::int64_t>(sum);
}

EmailId end_of(const Segment& segment) { return segment.first + segment.range; }

std::string pack_partial(const Segment& segment) {
  return pack_postings(segment.partial, segment.range);
}

}  // namespace

std::vector<Segment> read_segments(db::Database& db) {
  auto& rows = db.statement(
      "SELECT id, first, range, docs, dead, made, partial FROM segment "
      "ORDER BY first");
  rows.bind();
  std::vector<Segment> out;
  while (rows.step()) {
    Segment& segment = out.emplace_back();
    segment.id = rows.integer(0);
    segment.first = rows.integer(1);
    segment.range = static_cast<std::uint32_t>(rows.integer(2));
    segment.docs = rows.integer(3);
    segment.dead = rows.integer(4);
    segment.made = rows.integer(5);
    const EmailId behind = out.size() < 2 ? 1 : end_of(out[out.size() - 2]);
    if (rows.integer(2) < 1 || rows.integer(2) > kMostPostings ||
        segment.first < behind || segment.id < 1 || segment.id > kLastSegment ||
        !unpack_postings(rows.blob(6), segment.range, segment.partial)) {
      damaged();
    }
  }
  return out;
}

void insert_segment(db::Database& db, const Segment& segment) {
  const std::string partial = pack_partial(segment);
  db.statement(
        "INSERT INTO segment(id, first, range, docs, dead, made, partial) "
        "VALUES(?, ?, ?, ?, ?, ?, ?)")
      .run(segment.id, segment.first, segment.range, segment.docs, segment.dead,
           segment.made, db::Blob{partial});
}

void drop_segment(db::Database& db, std::int64_t id) {
  const std::int64_t from = id << kSegmentShift;
  const std::int64_t to = ((id + 1) << kSegmentShift) - 1;
  db.statement("DELETE FROM words WHERE id BETWEEN ? AND ?").run(from, to);
  db.statement("DELETE FROM lists WHERE id BETWEEN ? AND ?").run(from, to);
  db.statement("DELETE FROM segment WHERE id = ?").run(id);
}

std::int64_t first_block(std::int64_t segment, Zone zone) {
  return (segment << kSegmentShift) |
         (static_cast<std::int64_t>(zone) << kZoneShift);
}

SegmentWriter::SegmentWriter(db::Database& db, std::int64_t segment,
                             std::uint32_t range)
    : db_(db), segment_(segment), range_(range) {}

void SegmentWriter::add(Zone zone, std::string_view word,
                        std::span<const std::uint32_t> numbers) {
  if (zone != zone_) {
    flush();
    zone_ = zone;
    place_ = 0;
  } else if (text_.size() + word.size() + 1 > kBlockText) {
    flush();
  }
  if (text_.empty()) text_ = '\n';
  text_ += word;
  text_ += '\n';
  if (numbers.size() == 1) {
    put_varint(lengths_, 0);
    postings_ += static_cast<char>(numbers.front() & 0xff);
    postings_ += static_cast<char>(numbers.front() >> 8);
    return;
  }
  const std::string packed = pack_postings(numbers, range_);
  put_varint(lengths_, packed.size());
  postings_ += packed;
}

void SegmentWriter::flush() {
  if (text_.empty()) return;
  const std::int64_t id = first_block(segment_, zone_) + place_++;
  std::string data;
  put_varint(data, lengths_.size());
  data += lengths_;
  data += postings_;
  db_.statement("INSERT INTO words(id, sum, text) VALUES(?, ?, ?)")
      .run(id, sum_of(id, text_), db::Blob{text_});
  db_.statement("INSERT INTO lists(id, sum, data) VALUES(?, ?, ?)")
      .run(id, sum_of(id, data), db::Blob{data});
  text_.clear();
  lengths_.clear();
  postings_.clear();
}

bool read_words(db::Database& db, std::int64_t segment, Zone zone,
                std::int64_t from, WordBlock& block) {
  auto& row = db.statement(queries::kWordsFrom);
  row.bind(from, first_block(segment, zone) + (1 << kZoneShift) - 1);
  if (!row.step()) return false;
  block.id = row.integer(0);
  block.text = row.blob(2);
  const bool sound =
      row.integer(1) == sum_of(block.id, block.text) && block.text.size() > 1;
  row.reset();
  if (!sound) damaged();
  return true;
}

BlockLists::BlockLists(db::Database& db, std::int64_t block,
                       std::uint32_t range)
    : range_(range) {
  auto& row = db.statement(queries::kListsOf);
  row.bind(block);
  if (!row.step()) damaged();
  data_ = row.blob(1);
  const bool sound = row.integer(0) == sum_of(block, data_);
  row.reset();
  std::string_view rest = data_;
  const auto size = take_varint(rest);
  if (!sound || !size || *size > rest.size()) damaged();
  lengths_ = rest.substr(0, *size);
  postings_ = rest.substr(*size);
}

const std::vector<std::uint32_t>& BlockLists::at(std::size_t place) {
  while (place_ <= place) {
    const auto length = take_varint(lengths_);
    if (!length) damaged();
    const std::size_t size = *length == 0 ? 2 : *length;
    if (size > postings_.size()) damaged();
    const std::string_view bytes = postings_.substr(0, size);
    postings_.remove_prefix(size);
    if (place_++ < place) continue;
    if (*length > 0) {
      if (!unpack_postings(bytes, range_, numbers_)) damaged();
      continue;
    }
    const auto low = static_cast<unsigned char>(bytes[0]);
    const auto high = static_cast<unsigned char>(bytes[1]);
    numbers_.assign(1, low | (std::uint32_t{high} << 8));
    if (numbers_.front() >= range_) damaged();
  }
  return numbers_;
}

SegmentReader::SegmentReader(db::Database& db, const Segment& segment)
    : db_(db), segment_(segment) {}

bool SegmentReader::next_block() {
  std::int64_t from = block_.id + 1;
  for (int zone = static_cast<int>(zone_); zone < kZones; ++zone) {
    zone_ = static_cast<Zone>(zone);
    from = std::max(from, first_block(segment_.id, zone_));
    if (!read_words(db_, segment_.id, zone_, from, block_)) continue;
    rest_ = std::string_view(block_.text).substr(1);
    place_ = 0;
    lists_.emplace(db_, block_.id, segment_.range);
    return true;
  }
  return false;
}

bool SegmentReader::next() {
  if (!rest_.empty()) {
    ++place_;
  } else if (!next_block()) {
    return false;
  }
  const std::size_t end = rest_.find('\n');
  if (end == rest_.npos) damaged();
  word_ = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);
  return true;
}

}  // namespace mail::store
