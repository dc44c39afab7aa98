// Words: what of a text goes into the index, and what a query asks of it.
//
// A word is a run of letters and digits as long as it can be.  Scripts that
// put no spaces between words are taken in overlapping pairs of characters,
// one that stands alone by itself.  What is neither parts words and is
// itself not indexed.
//
// Which characters are which is fixed here and does not change with the
// version of a library: an index made yesterday must understand the queries
// of tomorrow.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mail::store {

// Runs of characters of one kind: letters, or a script without spaces.
struct WordRun {
  enum class Kind { Letters, Ideographs };
  Kind kind = Kind::Letters;
  std::string_view text;
};

// One run after the other, from the front of folded UTF-8.
class WordRuns {
 public:
  explicit WordRuns(std::string_view folded) : rest_(folded) {}
  std::optional<WordRun> next();
  // Where the next run begins is behind this.
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// One word after the other; views into the text.
class WordReader {
 public:
  explicit WordReader(std::string_view folded) : runs_(folded) {}
  std::optional<std::string_view> next();

 private:
  WordRuns runs_;
  std::string_view pairs_;  // ideographs not yet given
};

// What the words of a text that contains the query must contain: with the
// words of the text written between line ends, each pattern is in there.
struct Query {
  std::vector<std::string> patterns;
  // Whether every text with these words does contain the query.
  bool exact = false;
};
Query query_of(std::string_view folded);

// The same for a text that is the query and nothing else.
std::vector<std::string> whole_words(std::string_view folded);

}  // namespace mail::store
