#include "mime/scan.h"

#include "base/ascii.h"

namespace mail::mime {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

}  // namespace

bool Scanner::take(char c) {
  if (at_end() || text_[at_] != c) return false;
  ++at_;
  return true;
}

bool Scanner::skip_blank() {
  const std::size_t start = at_;
  while (!at_end()) {
    if (is_space(text_[at_])) {
      ++at_;
    } else if (text_[at_] == '(') {
      auto content = comment();
      if (!content) break;
      last_comment_ = std::move(*content);
    } else {
      break;
    }
  }
  return at_ > start;
}

std::optional<std::string> Scanner::quoted() {
  if (!quotes_ || peek() != '"') return std::nullopt;
  std::string out;
  for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
    char c = text_[i];
    if (c == '"') {
      at_ = i + 1;
      return out;
    }
    if (c == '\\' && i + 1 < text_.size()) c = text_[++i];
    if (c != '\r' && c != '\n' && c != '\0') out += c;
  }
  quotes_ = false;
  return std::nullopt;
}

std::optional<std::string> Scanner::comment() {
  if (!comments_ || peek() != '(') return std::nullopt;
  std::string out;
  std::size_t depth = 0;
  for (std::size_t i = at_; i < text_.size(); ++i) {
    char c = text_[i];
    if (c == '(' && depth++ == 0) continue;
    if (c == ')' && --depth == 0) {
      at_ = i + 1;
      return std::string(trim(out));
    }
    if (c == '\\' && i + 1 < text_.size()) c = text_[++i];
    if (c != '\r' && c != '\n' && c != '\0') out += c;
  }
  comments_ = false;
  return std::nullopt;
}

std::string_view Scanner::until(std::string_view stops) {
  const std::size_t start = at_;
  while (!at_end() && !is_space(text_[at_]) &&
         stops.find(text_[at_]) == stops.npos) {
    ++at_;
  }
  return text_.substr(start, at_ - start);
}

}  // namespace mail::mime
