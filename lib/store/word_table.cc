#include "store/word_table.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "store/words.h"

namespace mail::store {
namespace {

constexpr std::size_t kFirstSlots = 1 << 14;  // a power of two

// An email beyond these is looked at itself whenever somebody searches.
constexpr std::size_t kLongestWord = 1'000;
constexpr std::size_t kMostBytes = 4 << 20;
constexpr std::size_t kMostWords = 50'000;

constexpr std::uint32_t kNobody = UINT32_MAX;

std::uint32_t hash_of(Zone zone, std::string_view text) {
  const std::size_t hash = std::hash<std::string_view>()(text);
  return static_cast<std::uint32_t>(
      (hash ^ (hash >> 32)) + static_cast<std::size_t>(zone) * 0x9E3779B9u);
}

}  // namespace

WordTable::WordTable() : slots_(kFirstSlots) {}

void WordTable::begin(std::uint32_t number) {
  number_ = number;
  bytes_ = 0;
  distinct_ = 0;
}

void WordTable::grow() {
  slots_.assign(slots_.size() * 2, 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    std::size_t slot = words_[i].hash & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

WordTable::Word& WordTable::word(Zone zone, std::string_view text) {
  if (words_.size() * 2 >= slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  const std::uint32_t hash = hash_of(zone, text);
  std::size_t slot = hash & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    Word& known = words_[slots_[slot] - 1];
    if (known.hash != hash) continue;
    const std::string_view known_name = name(known);
    if (known_name.front() == static_cast<char>(zone) &&
        known_name.substr(1) == text) {
      return known;
    }
  }
  words_.push_back({static_cast<std::uint32_t>(names_.size()),
                    static_cast<std::uint32_t>(text.size() + 1), hash, kNobody,
                    0});
  names_ += static_cast<char>(zone);
  names_ += text;
  slots_[slot] = static_cast<std::uint32_t>(words_.size());
  return words_.back();
}

bool WordTable::add(Zone zone, std::string_view folded) {
  bytes_ += folded.size();
  if (bytes_ > kMostBytes) return false;
  WordReader reader(folded);
  while (const auto text = reader.next()) {
    if (text->size() > kLongestWord) return false;
    Word& known = word(zone, *text);
    if (known.last == number_) continue;
    if (++distinct_ > kMostWords) return false;
    known.last = number_;
    ++known.count;
    postings_.push_back(
        {static_cast<std::uint32_t>(&known - words_.data()), number_});
  }
  return true;
}

std::size_t WordTable::size() const {
  return names_.size() + words_.size() * sizeof(Word) +
         slots_.size() * sizeof(slots_[0]) + postings_.size() * sizeof(Posting);
}

void WordTable::write(SegmentWriter& writer) {
  std::vector<std::uint32_t> starts(words_.size() + 1);
  for (std::size_t i = 0; i < words_.size(); ++i) {
    starts[i + 1] = starts[i] + words_[i].count;
  }
  std::vector<std::uint32_t> numbers(postings_.size());
  auto places = starts;
  for (const Posting& posting : postings_) {
    numbers[places[posting.word]++] = posting.number;
  }
  std::vector<std::uint32_t> order(words_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, {},
                    [&](std::uint32_t i) { return name(words_[i]); });
  for (const std::uint32_t i : order) {
    if (words_[i].count == 0) continue;
    const std::string_view text = name(words_[i]);
    writer.add(static_cast<Zone>(text.front()), text.substr(1),
               std::span(numbers).subspan(starts[i], words_[i].count));
  }
  *this = WordTable();
}

}  // namespace mail::store
