// Scanner: steps through a structured field (RFC 5322 section 3.2).
//
// Never fails and stays linear: a quote or parenthesis that is not closed
// counts as an ordinary character, and after the first such one so do all
// others of its kind.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mail::mime {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  std::string_view rest() const { return text_.substr(at_); }
  void skip(std::size_t count) { at_ += count; }

  // Steps over one character when it is this one.
  bool take(char c);

  // Steps over white space and comments; true when there was any.
  bool skip_blank();

  // At a '"': the quoted string's content, unescaped and unfolded; nothing
  // when it is not closed.
  std::optional<std::string> quoted();

  // At a '(': the comment's content with its inner comments, unescaped and
  // unfolded; nothing when it is not closed.
  std::optional<std::string> comment();

  // The content of the last comment that skip_blank() met.
  const std::string& last_comment() const { return last_comment_; }
  void forget_comment() { last_comment_.clear(); }

  // Takes characters up to the first of these, or white space.
  std::string_view until(std::string_view stops);

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool quotes_ = true;    // whether quotes and
  bool comments_ = true;  // parentheses still mean something
  std::string last_comment_;
};

}  // namespace mail::mime
