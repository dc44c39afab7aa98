// WordTable: the words of a batch of emails, gathered in memory.
//
//   WordTable table;
//   table.begin(0); table.add(Zone::Subject, folded); ...
//   table.begin(1); ...
//   SegmentWriter writer(...); table.write(writer);
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/word_segment.h"

namespace mail::store {

class WordTable {
 public:
  WordTable();

  // The emails' numbers ascend.
  void begin(std::uint32_t number);

  // False: there is too much in this email; more of it is not taken.
  bool add(Zone zone, std::string_view folded);

  // Bytes in use, about.
  std::size_t size() const;

  // Sorted.  The table is empty then.
  void write(SegmentWriter& writer);

 private:
  struct Word {
    std::uint32_t offset;  // in names_: the zone, then the word
    std::uint32_t length;
    std::uint32_t hash;
    std::uint32_t last;  // the last email that has it
    std::uint32_t count;
  };
  struct Posting {
    std::uint32_t word;
    std::uint32_t number;
  };

  Word& word(Zone zone, std::string_view text);
  void grow();
  std::string_view name(const Word& word) const {
    return std::string_view(names_).substr(word.offset, word.length);
  }

  std::string names_;
  std::vector<Word> words_;
  std::vector<std::uint32_t> slots_;  // place in words_ plus 1; 0: free
  std::vector<Posting> postings_;
  std::uint32_t number_ = 0;
  std::size_t bytes_ = 0;     // of text in this email
  std::size_t distinct_ = 0;  // words in this email
};

}  // namespace mail::store
