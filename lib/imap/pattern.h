// Patterns of LIST and LSUB: '*' stands for anything, '%' for anything
// without a "/" (RFC 3501 section 6.3.8).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mail::imap {

class Pattern {
 public:
  // `reference` goes in front of `pattern` as it is.
  Pattern(std::string_view reference, std::string_view pattern);

  // INBOX at the root matches whatever its case (RFC 3501 5.1).  Takes time
  // in proportion to the product of both lengths at most; to the shorter one
  // up to the first wildcard.
  bool matches(std::string_view name) const;

  // Whether a name above the matching ones may be meant by a '%'.
  bool has_percent() const;

 private:
  std::string text_;
};

// Those of one command; a name matches when one of them does.
class Patterns {
 public:
  Patterns(std::string_view reference, const std::vector<std::string>& texts);
  bool match(std::string_view name) const;

 private:
  std::vector<Pattern> patterns_;
};

inline constexpr std::size_t kMaxPattern = 1000;
inline constexpr std::size_t kMaxPatterns = 16'000;  // of a command, together

// Whether they are short enough, together with their reference.
bool are_short(std::string_view reference,
               const std::vector<std::string>& texts);

}  // namespace mail::imap
