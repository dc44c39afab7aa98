#include "imap/pattern.h"

#include <vector>

#include "base/ascii.h"

namespace mail::imap {

Pattern::Pattern(std::string_view reference, std::string_view pattern)
    : text_(std::string(reference) + std::string(pattern)) {
  if (same_text(text_, "INBOX")) text_ = "INBOX";
}

bool Pattern::has_percent() const { return text_.find('%') != text_.npos; }

// reach[i]: the first i characters of the pattern match what was read of the
// name so far.
bool Pattern::matches(std::string_view name) const {
  const std::size_t size = text_.size();
  const auto wild = [&](std::size_t i) {
    return text_[i] == '*' || text_[i] == '%';
  };
  std::vector<char> reach(size + 1), next(size + 1);
  reach[0] = 1;
  for (std::size_t i = 0; i < size && wild(i); ++i) reach[i + 1] = 1;
  for (const char c : name) {
    next[0] = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const char p = text_[i];
      const bool swallows = p == '*' || (p == '%' && c != '/');
      next[i + 1] =
          wild(i) ? next[i] || (reach[i + 1] && swallows) : reach[i] && p == c;
    }
    reach.swap(next);
  }
  return reach[size] != 0;
}

}  // namespace mail::imap
