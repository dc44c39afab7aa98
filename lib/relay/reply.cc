#include "relay/reply.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/text.h"

namespace mail::relay {
namespace {

// RFC 5321 4.5.3.1.5 says 512; some servers say more.
constexpr std::size_t kMaxLine = 2048;
constexpr int kMaxLines = 200;
constexpr std::size_t kMaxText = 500;

bool is_code(std::string_view text) {
  return text.size() >= 3 && text[0] >= '2' && text[0] <= '5' &&
         is_digit(text[1]) && is_digit(text[2]);
}

// RFC 3463 section 2: class, subject and detail; the detail up to 3 digits.
// The length of it at the front of `text`, followed by a blank or nothing.
std::size_t enhanced_length(std::string_view text, char digit) {
  if (text.size() < 5 || text[0] != digit || text[1] != '.') return 0;
  std::size_t at = 2;
  for (const char end : {'.', ' '}) {
    const std::size_t start = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at == start || at - start > 3) return 0;
    if (at == text.size()) return end == ' ' ? at : 0;
    if (text[at] != end) return 0;
    if (end == '.') ++at;
  }
  return at;
}

// Of the one at the front; 0: it is not UTF-8.
std::size_t character_length(std::string_view text) {
  constexpr std::size_t kLongest = 4;
  for (std::size_t length = 1; length <= kLongest; ++length) {
    if (is_utf8(text.substr(0, length))) return length;
  }
  return 0;
}

}  // namespace

std::string printable(std::string_view text, std::size_t most) {
  std::string out;
  for (auto rest = utf8_prefix(text, most); !rest.empty();) {
    const std::size_t control = control_length(rest);
    const std::size_t length = control > 0 ? 0 : character_length(rest);
    if (length > 0) {
      out += rest.substr(0, length);
    } else {
      out += '?';
    }
    rest.remove_prefix(std::max<std::size_t>({control, length, 1}));
  }
  return out;
}

void ReplyReader::feed(std::string_view bytes) {
  if (at_ == bytes_.size()) {
    bytes_.clear();
    at_ = 0;
  }
  bytes_ += bytes;
}

bool ReplyReader::take(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!is_code(line)) return false;
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return false;
  if (reply_.code != 0 && reply_.code != code) return false;
  if (++lines_ > kMaxLines) return false;
  std::string_view text = line.substr(std::min<std::size_t>(4, line.size()));
  if (const auto length = enhanced_length(text, line[0])) {
    if (reply_.code == 0) reply_.enhanced = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  if (reply_.code != 0) reply_.text += '\n';
  reply_.text += printable(text, kMaxLine);
  reply_.code = code;
  return true;
}

std::optional<Reply> ReplyReader::next() {
  while (!broken_) {
    const std::size_t end = bytes_.find('\n', at_);
    const std::size_t length =
        (end == bytes_.npos ? bytes_.size() : end) - at_;
    if (length > kMaxLine) broken_ = true;
    if (broken_ || end == bytes_.npos) return {};
    const auto line = std::string_view(bytes_).substr(at_, length);
    at_ = end + 1;
    broken_ = !take(line);
    const bool more = line.size() > 3 && line[3] == '-';
    if (broken_ || more) continue;
    lines_ = 0;
    return std::exchange(reply_, {});
  }
  return {};
}

Verdict verdict_of(const Reply& reply) {
  Verdict verdict;
  verdict.outcome = reply.positive()    ? Verdict::Outcome::Delivered
                    : reply.permanent() ? Verdict::Outcome::Permanent
                                        : Verdict::Outcome::Temporary;
  verdict.code = reply.code;
  verdict.enhanced = reply.enhanced;
  if (verdict.enhanced.empty()) {
    verdict.enhanced = reply.positive()    ? "2.0.0"
                       : reply.permanent() ? "5.0.0"
                                           : "4.0.0";
  }
  verdict.text = utf8_prefix(reply.text, kMaxText);
  std::ranges::replace(verdict.text, '\n', ' ');
  return verdict;
}

Verdict trouble(Verdict::Outcome outcome, std::string_view enhanced,
                std::string_view text) {
  return {outcome, 0, std::string(enhanced), printable(text, kMaxText)};
}

}  // namespace mail::relay
