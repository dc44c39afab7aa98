#include "mime/encoded_word.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/text.h"
#include "mime/charset.h"
#include "mime/decode.h"
#include "mime/header.h"

namespace mail::mime {
namespace {

// Further ones stay as they are: opening a converter has its price.
constexpr int kMaxWords = 1'000;

// RFC 2047 section 2: an encoded word has at most 75 characters.  Q: 63 are
// left for the text; B: 60 characters hold 45 bytes.
constexpr std::size_t kQText = 63;
constexpr std::size_t kBText = 45;

// Plain text above this is folded by encoding it: lines stay below 998.
constexpr std::size_t kMaxPlain = 900;

struct Word {
  std::string_view charset;
  char encoding;  // 'q' or 'b'
  std::string_view text;
  std::size_t length;  // of all of it
};

// =?charset?encoding?text?= at the front; no white space within.
std::optional<Word> word_at(std::string_view text) {
  if (!text.starts_with("=?")) return std::nullopt;
  const std::size_t charset = text.find_first_of("? \t", 2);
  if (charset == text.npos || text[charset] != '?' ||
      charset + 3 > text.size()) {
    return std::nullopt;
  }
  const char encoding = lower(text[charset + 1]);
  if ((encoding != 'q' && encoding != 'b') || text[charset + 2] != '?') {
    return std::nullopt;
  }
  const std::size_t start = charset + 3;
  std::size_t end = start;
  while (end < text.size() && text[end] != '?' && !is_blank(text[end])) ++end;
  if (!text.substr(end).starts_with("?=")) return std::nullopt;
  return Word{text.substr(2, charset - 2), encoding,
              text.substr(start, end - start), end + 2};
}

std::string decode_word(const Word& word) {
  if (word.encoding == 'b') return decode(word.text, Encoding::Base64);
  // Q is quoted-printable with '_' for the space (RFC 2047 section 4.2).
  std::string text(word.text);
  std::ranges::replace(text, '_', ' ');
  text += '=';  // so that a blank at the end is not taken for padding
  return decode(text, Encoding::QuotedPrintable);
}

bool is_utf7(std::string_view charset) {
  return lower(charset.substr(0, charset.find('*'))).ends_with("utf-7");
}

// Gathers the pieces of the text: the bytes of adjacent words of one charset
// are converted together, since some writers cut characters in two.  Not those
// of UTF-7: the end of a word may be what ends its base64 (RFC 2152 rule 2).
class Text {
 public:
  void raw(std::string_view bytes) {
    flush();
    out_ += to_utf8(bytes);
  }
  void word(std::string_view charset, std::string_view bytes) {
    if (!same_text(charset, charset_) || is_utf7(charset)) flush();
    charset_ = charset;
    bytes_ += bytes;
  }
  std::string finish() {
    flush();
    for (char& c : out_) {
      if (c == '\r' || c == '\n' || c == '\0') c = ' ';
    }
    return std::move(out_);
  }

 private:
  void flush() {
    if (!bytes_.empty()) out_ += to_utf8(bytes_, charset_);
    bytes_.clear();
  }
  std::string out_;
  std::string charset_;
  std::string bytes_;
};

bool is_blank_text(std::string_view text) {
  return std::ranges::all_of(text, is_blank);
}

bool is_printable_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7F; });
}

bool is_q_plain(char c) {
  return is_alpha(c) || is_digit(c) || c == '!' || c == '*' || c == '+' ||
         c == '-' || c == '/';
}

std::string q_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ' ') {
      out += '_';
    } else if (is_q_plain(c)) {
      out += c;
    } else {
      out += '=' + upper(hex(std::string_view(&c, 1)));
    }
  }
  return out;
}

// The front of the text that fits into one word, in whole characters.
std::string_view word_front(std::string_view text, bool q) {
  if (!q) return utf8_prefix(text, kBText);
  std::size_t bytes = 0;
  std::size_t width = 0;
  while (bytes < text.size()) {
    width += text[bytes] == ' ' || is_q_plain(text[bytes]) ? 1 : 3;
    if (width > kQText) break;
    ++bytes;
  }
  return utf8_prefix(text, bytes);
}

}  // namespace

std::string decode_text(std::string_view value) {
  const std::string line = unfold(value.substr(0, kMaxValue));
  const std::string_view text = line;
  Text out;
  int words = 0;
  bool after_word = false;
  std::size_t done = 0;
  std::size_t mark = text.find("=?");
  while (mark != text.npos && words < kMaxWords) {
    const auto word = word_at(text.substr(mark));
    if (!word) {
      mark = text.find("=?", mark + 1);
      continue;
    }
    // White space between two encoded words is no part of the text.
    const std::string_view between = text.substr(done, mark - done);
    if (!between.empty() && !(after_word && is_blank_text(between))) {
      out.raw(between);
    }
    out.word(word->charset, decode_word(*word));
    ++words;
    after_word = true;
    done = mark + word->length;
    mark = text.find("=?", done);
  }
  if (done < text.size()) out.raw(text.substr(done));
  return out.finish();
}

std::string encode_text(std::string_view text) {
  const bool plain = is_printable_ascii(text) && text.size() <= kMaxPlain &&
                     text.find("=?") == text.npos;
  if (plain) return std::string(text);
  const std::string clean = scrub_utf8(text);
  const auto simple = static_cast<std::size_t>(std::ranges::count_if(
      clean, [](char c) { return c == ' ' || is_q_plain(c); }));
  const bool q = simple * 3 >= clean.size() * 2;
  std::string out;
  std::string_view rest = clean;
  while (!rest.empty()) {
    const std::string_view front = word_front(rest, q);
    if (!out.empty()) out += "\r\n ";
    out += q ? "=?utf-8?q?" + q_encode(front)
             : "=?utf-8?b?" + base64_encode(front);
    out += "?=";
    rest.remove_prefix(front.size());
  }
  return out;
}

}  // namespace mail::mime
