#include "smtp/scanner.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/ascii.h"

namespace mail::smtp {
namespace {

// RFC 5322 2.1.1: without the CRLF.
constexpr std::int64_t kLongestLine = 998;

// As much of a line as tells the field names that count here.
constexpr std::size_t kNameSize = sizeof "Message-ID:" - 1;

// Eight bytes at a time: the bodies of large messages come through here.
bool any_8bit(std::string_view bytes) {
  constexpr std::uint64_t kHigh = 0x8080808080808080u;
  std::uint64_t all = 0;
  while (bytes.size() >= sizeof all) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data(), sizeof word);
    all |= word;
    bytes.remove_prefix(sizeof word);
  }
  unsigned char rest = 0;
  for (const char c : bytes) rest |= static_cast<unsigned char>(c);
  return (all & kHigh) != 0 || rest >= 0x80;
}

// Whether `line` is the field `name`; blanks may stand before the colon
// (RFC 5322 4.5).
bool is_field(std::string_view line, std::string_view name) {
  if (!has_prefix(line, name)) return false;
  line.remove_prefix(name.size());
  return !line.empty() && (line[0] == ':' || is_blank(line[0]));
}

}  // namespace

Scanner::Step Scanner::scan(std::string_view bytes) {
  Step step;
  if (bytes.empty()) return step;
  run_ = 0;
  std::size_t at = held_cr(bytes);
  while (at < bytes.size() && !held_cr_) {
    if (dots_ && after_crlf_ && bytes[at] == '.') {
      const std::string_view dot = bytes.substr(at, 3);
      step.ended = dot == ".\r\n";
      if (step.ended || dot == "." || dot == ".\r") break;
      // RFC 5321 4.5.2: the first dot of a line is dropped.
      pass(bytes.substr(run_, at - run_));
      run_ = ++at;
    }
    after_crlf_ = false;
    at = one_line(bytes, at);
  }
  pass(bytes.substr(run_, at - run_));
  if (held_cr_) ++at;
  step.used = at + (step.ended ? 3 : 0);
  return step;
}

// What the CR before these bytes was: where they go on.
std::size_t Scanner::held_cr(std::string_view bytes) {
  if (!held_cr_) return 0;
  held_cr_ = false;
  if (bytes[0] != '\n') {
    bare_newline();
    return 0;
  }
  sink_.write("\r\n");
  end_of_line();
  after_crlf_ = true;
  return run_ = 1;
}

// Goes over a line from `at` on, or what there is of it; where the next one
// starts.
std::size_t Scanner::one_line(std::string_view bytes, std::size_t at) {
  const std::string_view rest = bytes.substr(at);
  const std::string_view line = rest.substr(0, rest.find('\n'));
  const std::string_view text = line.substr(0, line.find('\r'));
  const bool has_cr = text.size() < line.size();
  const bool has_lf = line.size() < rest.size();
  part_of_line(text);
  if (has_cr && has_lf && text.size() + 1 == line.size()) {
    end_of_line();
    after_crlf_ = true;
    return at + line.size() + 1;
  }
  const std::size_t end = at + text.size();
  if (has_cr && end + 1 == bytes.size()) {
    held_cr_ = true;
    return end;  // scan() stops here and counts the CR as used
  }
  if (!has_cr && !has_lf) return end;
  pass(bytes.substr(run_, end - run_));
  bare_newline();
  return run_ = end + 1;
}

void Scanner::bare_newline() {
  facts_.has_bare_newline = true;
  sink_.write("\r\n");
  end_of_line();
}

void Scanner::pass(std::string_view run) {
  if (run.empty()) return;
  if (!facts_.has_8bit) facts_.has_8bit = any_8bit(run);
  if (!facts_.has_nul) facts_.has_nul = run.find('\0') != run.npos;
  if (std::exchange(headless_, false)) sink_.write("\r\n");
  sink_.write(run);
}

void Scanner::part_of_line(std::string_view text) {
  if (text.empty()) return;
  if (in_header_ && !std::exchange(begun_, true) && is_blank(text[0])) {
    in_header_ = false;
    headless_ = true;
  }
  if (length_ == 0 && text[0] == '.') facts_.has_leading_dot = true;
  length_ += static_cast<std::int64_t>(text.size());
  if (length_ > kLongestLine) facts_.has_long_line = true;
  if (in_header_ && start_.size() < kNameSize) {
    start_ += text.substr(0, kNameSize - start_.size());
  }
}

void Scanner::end_of_line() {
  if (in_header_) field_name();
  length_ = 0;
}

void Scanner::field_name() {
  if (length_ == 0) in_header_ = false;
  if (is_field(start_, "Received")) ++facts_.received_fields;
  if (is_field(start_, "Date")) facts_.has_date = true;
  if (is_field(start_, "Message-ID")) facts_.has_message_id = true;
  start_.clear();
}

void Scanner::finish() {
  if (held_cr_) {
    held_cr_ = false;
    bare_newline();
  } else if (length_ > 0) {
    sink_.write("\r\n");
    end_of_line();
  }
}

}  // namespace mail::smtp
