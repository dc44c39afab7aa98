#include "store/words.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "base/ascii.h"

namespace mail::store {
namespace {

enum class Character { Other, Letter, Ideograph };

struct Block {
  char32_t first;
  char32_t last;
  Character kind;
};

// Beyond ASCII all are letters but these.  Half of what would be punctuation
// elsewhere never comes here: folding has made ASCII of it (NFKC).
constexpr Block kBlocks[] = {
    {0x80, 0xA9, Character::Other},
    {0xAB, 0xB4, Character::Other},
    {0xB6, 0xB9, Character::Other},
    {0xBB, 0xBF, Character::Other},
    {0xD7, 0xD7, Character::Other},
    {0xF7, 0xF7, Character::Other},
    {0x0E00, 0x0FFF, Character::Ideograph},  // Thai, Lao, Tibetan
    {0x1000, 0x109F, Character::Ideograph},  // Myanmar
    {0x1780, 0x17FF, Character::Ideograph},  // Khmer
    {0x2000, 0x206F, Character::Other},
    {0x20A0, 0x20CF, Character::Other},
    {0x2190, 0x25FF, Character::Other},
    {0x2600, 0x27BF, Character::Ideograph},  // pictures
    {0x27C0, 0x2BFF, Character::Other},
    {0x2E00, 0x2E7F, Character::Other},
    {0x2E80, 0x2FDF, Character::Ideograph},  // radicals
    {0x3000, 0x3004, Character::Other},
    {0x3005, 0x3007, Character::Ideograph},
    {0x3008, 0x3020, Character::Other},
    {0x3021, 0x30FF, Character::Ideograph},  // kana
    {0x3100, 0x312F, Character::Ideograph},  // bopomofo
    {0x3190, 0x9FFF, Character::Ideograph},  // Han
    {0xA000, 0xA4CF, Character::Ideograph},  // Yi
    {0xF900, 0xFAFF, Character::Ideograph},
    {0xFE00, 0xFE6F, Character::Other},
    {0xFFF0, 0xFFFF, Character::Other},
    {0x1B000, 0x1B2FF, Character::Ideograph},  // more kana
    {0x1F000, 0x1FBFF, Character::Ideograph},  // pictures
    {0x20000, 0x3FFFF, Character::Ideograph},
};

Character kind_of(char32_t c) {
  const auto* block = std::ranges::lower_bound(kBlocks, c, {}, &Block::last);
  if (block == std::end(kBlocks) || c < block->first) return Character::Letter;
  return block->kind;
}

// Well-formed UTF-8; a byte that is not is a character of its own.
std::size_t length_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0xC0   ? 1
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                                           : 4;
  return std::min(length, text.size());
}

char32_t decoded(std::string_view bytes) {
  constexpr unsigned char kLead[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t c = static_cast<unsigned char>(bytes[0]) & kLead[bytes.size()];
  for (const char byte : bytes.substr(1)) {
    c = (c << 6) | (static_cast<unsigned char>(byte) & 0x3F);
  }
  return c;
}

Character kind_of(std::string_view bytes) {
  const char c = bytes.front();
  if (static_cast<unsigned char>(c) >= 0x80) return kind_of(decoded(bytes));
  return is_digit(c) || is_alpha(c) ? Character::Letter : Character::Other;
}

std::string_view front_character(std::string_view text) {
  return text.substr(0, length_of(text));
}

std::string between_lines(std::string_view word) {
  std::string out = "\n";
  out += word;
  return out += '\n';
}

void add_pairs(std::vector<std::string>& out, std::string_view run) {
  std::string_view first = front_character(run);
  run.remove_prefix(first.size());
  while (!run.empty()) {
    const std::string_view second = front_character(run);
    run.remove_prefix(second.size());
    out.push_back(between_lines({first.data(), first.size() + second.size()}));
    first = second;
  }
}

// The patterns of one run of a query: at an end of the query the run of the
// text may go on.
void add_patterns(std::vector<std::string>& out, const WordRun& run,
                  bool at_begin, bool at_end) {
  const bool letters = run.kind == WordRun::Kind::Letters;
  if (!letters && front_character(run.text).size() < run.text.size()) {
    add_pairs(out, run.text);
    return;
  }
  const bool open = at_begin || at_end;
  std::string pattern;
  if (letters ? !at_begin : !open) pattern += '\n';
  pattern += run.text;
  if (letters ? !at_end : !open) pattern += '\n';
  out.push_back(std::move(pattern));
}

}  // namespace

std::optional<WordRun> WordRuns::next() {
  while (!rest_.empty() &&
         kind_of(front_character(rest_)) == Character::Other) {
    rest_.remove_prefix(length_of(rest_));
  }
  if (rest_.empty()) return {};
  const Character kind = kind_of(front_character(rest_));
  std::string_view behind = rest_;
  while (!behind.empty() && kind_of(front_character(behind)) == kind) {
    behind.remove_prefix(length_of(behind));
  }
  const WordRun run{kind == Character::Letter ? WordRun::Kind::Letters
                                              : WordRun::Kind::Ideographs,
                    rest_.substr(0, rest_.size() - behind.size())};
  rest_ = behind;
  return run;
}

std::optional<std::string_view> WordReader::next() {
  if (pairs_.empty()) {
    const auto run = runs_.next();
    if (!run) return {};
    const bool alone = length_of(run->text) == run->text.size();
    if (run->kind == WordRun::Kind::Letters || alone) return run->text;
    pairs_ = run->text;
  }
  const std::size_t first = length_of(pairs_);
  const std::size_t second = length_of(pairs_.substr(first));
  const std::string_view pair = pairs_.substr(0, first + second);
  pairs_.remove_prefix(first + second == pairs_.size() ? pairs_.size() : first);
  return pair;
}

Query query_of(std::string_view folded) {
  Query query;
  WordRuns runs(folded);
  bool whole = false;
  while (const auto run = runs.next()) {
    const bool at_begin = run->text.data() == folded.data();
    const bool at_end =
        run->text.data() + run->text.size() == folded.data() + folded.size();
    whole = at_begin && at_end;
    add_patterns(query.patterns, *run, at_begin, at_end);
  }
  query.exact = whole && query.patterns.size() == 1;
  std::ranges::sort(query.patterns);
  const auto twice = std::ranges::unique(query.patterns);
  query.patterns.erase(twice.begin(), twice.end());
  return query;
}

std::vector<std::string> whole_words(std::string_view folded) {
  std::vector<std::string> out;
  WordReader words(folded);
  while (const auto word = words.next()) out.push_back(between_lines(*word));
  return out;
}

}  // namespace mail::store
