// Patterns of LIST and LSUB: '*' stands for anything, '%' for anything
// without a "/" (RFC 3501 section 6.3.8).
#pragma once

#include <string>
#include <string_view>

namespace mail::imap {

class Pattern {
 public:
  // `reference` goes in front of `pattern` as it is.
  Pattern(std::string_view reference, std::string_view pattern);

  // Takes time in proportion to the product of both lengths at most.
  bool matches(std::string_view name) const;

  // Whether a name above the matching ones may be meant by a '%'.
  bool has_percent() const;

 private:
  std::string text_;
};

inline constexpr std::size_t kMaxPattern = 1000;

}  // namespace mail::imap
