#include "imap/pattern.h"

#include <algorithm>

#include "base/ascii.h"

namespace mail::imap {
namespace {

constexpr std::string_view kInbox = "INBOX";

bool is_wild(char c) { return c == '*' || c == '%'; }

// Up to where the case makes no difference.
std::size_t caseless(std::string_view name) {
  const bool inbox =
      name.starts_with(kInbox) &&
      (name.size() == kInbox.size() || name[kInbox.size()] == '/');
  return inbox ? kInbox.size() : 0;
}

// reach[i]: the first i characters of the pattern match what was read of the
// name so far.
bool wild_match(std::string_view pattern, std::string_view name,
                std::size_t caseless) {
  const std::size_t size = pattern.size();
  std::vector<char> reach(size + 1), next(size + 1);
  reach[0] = 1;
  for (std::size_t i = 0; i < size && is_wild(pattern[i]); ++i) {
    reach[i + 1] = 1;
  }
  for (std::size_t at = 0; at < name.size(); ++at) {
    const char c = name[at];
    next[0] = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const char p = pattern[i];
      if (is_wild(p)) {
        next[i + 1] = next[i] || (reach[i + 1] && (p == '*' || c != '/'));
      } else {
        next[i + 1] =
            reach[i] && (p == c || (at < caseless && lower(p) == lower(c)));
      }
    }
    reach.swap(next);
  }
  return reach[size] != 0;
}

}  // namespace

Pattern::Pattern(std::string_view reference, std::string_view pattern)
    : text_(std::string(reference) + std::string(pattern)) {}

bool Pattern::has_percent() const { return text_.find('%') != text_.npos; }

bool Pattern::matches(std::string_view name) const {
  const std::size_t any_case = caseless(name);
  std::string_view pattern = text_;
  std::size_t plain = 0;
  while (plain < pattern.size() && !is_wild(pattern[plain])) {
    if (plain == name.size()) return false;
    const bool same =
        pattern[plain] == name[plain] ||
        (plain < any_case && lower(pattern[plain]) == lower(name[plain]));
    if (!same) return false;
    ++plain;
  }
  pattern.remove_prefix(plain);
  name.remove_prefix(plain);
  if (pattern.empty()) return name.empty();
  if (pattern == "*") return true;
  if (pattern == "%") return name.find('/') == name.npos;
  return wild_match(pattern, name, any_case - std::min(any_case, plain));
}

Patterns::Patterns(std::string_view reference,
                   const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    // RFC 5258 section 3: an empty one matches nothing.
    if (!text.empty()) patterns_.emplace_back(reference, text);
  }
}

bool Patterns::match(std::string_view name) const {
  return std::ranges::any_of(
      patterns_, [&](const Pattern& pattern) { return pattern.matches(name); });
}

bool are_short(std::string_view reference,
               const std::vector<std::string>& texts) {
  std::size_t all = 0, wild = 0;
  for (const std::string& text : texts) {
    const std::size_t size = reference.size() + text.size();
    all += size;
    if (std::ranges::any_of(text, is_wild)) wild += size;
  }
  return all <= kMaxPatterns && wild <= kMaxPattern;
}

}  // namespace mail::imap
