#include "mime/base_subject.h"

#include <optional>

#include "base/ascii.h"
#include "base/text.h"
#include "mime/encoded_word.h"

namespace mail::mime {
namespace {

// No subject that people write is longer; keeps step 4 below cheap.
constexpr std::size_t kLongest = 2'000;

// Step 1: white space becomes single spaces.
std::string collapsed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\t';
    if (space && out.ends_with(' ')) continue;
    out += space ? ' ' : c;
  }
  return out;
}

std::string_view skip_spaces(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  return text;
}

// subj-blob = "[" *BLOBCHAR "]" *WSP; the text behind it.
std::optional<std::string_view> skip_blob(std::string_view text) {
  if (!text.starts_with('[')) return std::nullopt;
  const std::size_t end = text.find_first_of("[]", 1);
  if (end == text.npos || text[end] != ']') return std::nullopt;
  return skip_spaces(text.substr(end + 1));
}

// subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
std::optional<std::string_view> skip_refwd(std::string_view text) {
  if (has_prefix(text, "fwd")) {
    text.remove_prefix(3);
  } else if (has_prefix(text, "re") || has_prefix(text, "fw")) {
    text.remove_prefix(2);
  } else {
    return std::nullopt;
  }
  text = skip_spaces(text);
  if (const auto behind = skip_blob(text)) text = *behind;
  if (!text.starts_with(':')) return std::nullopt;
  return text.substr(1);
}

class Stripper {
 public:
  explicit Stripper(std::string_view text) : text_(text) {}

  void run();

  std::string_view text() const { return text_; }
  bool changed() const { return changed_; }

 private:
  void strip_trailers();
  bool strip_leader();
  bool strip_blob();
  bool strip_forward();

  std::string_view text_;
  bool changed_ = false;
};

// Steps 2 to 6.
void Stripper::run() {
  do {
    strip_trailers();
    while (strip_leader() || strip_blob()) {
    }
  } while (strip_forward());
}

// subj-trailer = "(fwd)" / WSP
void Stripper::strip_trailers() {
  constexpr std::string_view kTrailer = "(fwd)";
  for (;;) {
    if (text_.ends_with(' ')) {
      text_.remove_suffix(1);
    } else if (text_.size() >= kTrailer.size() &&
               same_text(text_.substr(text_.size() - kTrailer.size()),
                         kTrailer)) {
      text_.remove_suffix(kTrailer.size());
      changed_ = true;
    } else {
      return;
    }
  }
}

// subj-leader = (*subj-blob subj-refwd) / WSP
bool Stripper::strip_leader() {
  if (text_.starts_with(' ')) {
    text_.remove_prefix(1);
    return true;
  }
  std::string_view rest = text_;
  while (const auto behind = skip_blob(rest)) rest = *behind;
  const auto behind = skip_refwd(rest);
  if (!behind) return false;
  text_ = *behind;
  changed_ = true;
  return true;
}

// Step 4: only when something is left.
bool Stripper::strip_blob() {
  const auto behind = skip_blob(text_);
  if (!behind || behind->empty()) return false;
  text_ = *behind;
  return true;
}

// Step 6: "[fwd: ... ]".
bool Stripper::strip_forward() {
  constexpr std::string_view kHeader = "[fwd:";
  if (!has_prefix(text_, kHeader) || !text_.ends_with(']')) return false;
  if (text_.size() < kHeader.size() + 1) return false;
  text_.remove_prefix(kHeader.size());
  text_.remove_suffix(1);
  changed_ = true;
  return true;
}

}  // namespace

BaseSubject base_subject(std::string_view value) {
  const std::string line = collapsed(decode_text(value));
  Stripper stripper(utf8_prefix(line, kLongest));
  stripper.run();
  return {std::string(stripper.text()), stripper.changed()};
}

}  // namespace mail::mime
