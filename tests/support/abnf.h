// Abnf: a grammar as the RFCs write it (RFC 5234), that makes texts and knows
// them.
//
//   const Abnf grammar("greeting = \"hi\" [SP name]\nname = 1*ALPHA\n...");
//   grammar.derive("greeting", random)      // "hI qX"
//   grammar.derives("greeting", "hi there") // true
//
// Alternatives have no order: every way to read a text is tried.  Quoted text
// is of any case.  No rules of their own have the literals of IMAP, which tell
// their length: <literal>, <message> (which is one, with a small message in
// it), and <literal8>, <message8>.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace mail {

class Abnf {
 public:
  // Throws std::runtime_error when it does not understand the grammar.
  explicit Abnf(std::string_view text);

  std::string derive(const std::string& rule, std::mt19937& random) const;
  bool derives(const std::string& rule, std::string_view text) const;

  enum class Kind { Range, Text, Sequence, Choice, Repeat, Rule, Literal };
  struct Node {
    Kind kind = Kind::Sequence;
    std::string text{};  // of Text, in lower case; the name of a Rule
    unsigned char first = 0, last = 0;  // of Range
    std::size_t least = 0, most = 0;    // of Repeat
    std::vector<std::size_t> children{};
    int height = 1000;  // of the lowest tree it can be
  };

 private:
  friend class AbnfReader;
  void measure();

  std::vector<Node> nodes_;
  std::map<std::string, std::size_t> rules_;
};

}  // namespace mail
