#include "mime/decode.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/ascii.h"

namespace mail::mime {
namespace {

constexpr std::uint8_t kNone = 0xFF;

constexpr std::array<std::uint8_t, 256> make_alphabet() {
  std::array<std::uint8_t, 256> table{};
  table.fill(kNone);
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kDigits.size(); ++i) {
    table[static_cast<unsigned char>(kDigits[i])] =
        static_cast<std::uint8_t>(i);
  }
  return table;
}
constexpr auto kAlphabet = make_alphabet();

std::optional<unsigned> hex_digit(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  const char d = lower(c);
  if (d >= 'a' && d <= 'f') return static_cast<unsigned>(d - 'a') + 10;
  return std::nullopt;
}

// What quoted-printable does not simply copy.
constexpr bool is_special(char c) {
  return c == '=' || c == ' ' || c == '\t' || c == '\r';
}

// Body pieces are decoded this much at a time when there is a limit.
constexpr std::size_t kStep = 1 << 16;

// A held "=   " longer than this is no soft line break we wait for.
constexpr std::size_t kMaxHeld = 1'000;

// RFC 2045 section 6.7.  Blanks at the end of a line are transport padding and
// go; "=" with blanks behind it at the end of a line is a soft line break.
class QuotedText {
 public:
  explicit QuotedText(std::string_view text) : text_(text) {}

  std::string run() {
    out_.reserve(text_.size());
    do {
      copy_plain();
    } while (at_ < text_.size() && special());
    return std::move(out_);
  }

  // What only the text that follows can decide.
  std::string rest() const { return std::string(text_.substr(at_)); }

 private:
  void copy_plain() {
    const std::size_t start = at_;
    while (at_ < text_.size() && !is_special(text_[at_])) ++at_;
    out_.append(text_, start, at_ - start);
  }

  // One escape or run of blanks; false when it may go on behind the text.
  bool special() {
    const std::string_view text = text_.substr(at_);
    const bool escape = text.front() == '=';
    std::size_t blanks = escape ? 1 : 0;
    while (blanks < text.size() && is_blank(text[blanks])) ++blanks;
    std::size_t line_end = blanks;
    if (line_end < text.size() && text[line_end] == '\r') ++line_end;
    const bool digits = escape && blanks == 1;
    const bool cut = line_end == text.size() || (digits && text.size() < 3);
    if (cut && text.size() < kMaxHeld) return false;
    if (line_end < text.size() && text[line_end] == '\n') {
      if (!escape) out_.append(text, blanks, line_end + 1 - blanks);
      at_ += line_end + 1;
      return true;
    }
    const auto high = digits ? hex_digit(text[1]) : std::nullopt;
    const auto low = high ? hex_digit(text[2]) : std::nullopt;
    if (low) {
      out_ += static_cast<char>(*high << 4 | *low);
      at_ += 3;
      return true;
    }
    // No escape, no line end: as it stands.
    const std::size_t length = std::max(blanks, std::size_t{1});
    out_.append(text, 0, length);
    at_ += length;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

Encoding parse_encoding(std::string_view name) {
  name = trim(name);
  if (same_text(name, "base64")) return Encoding::Base64;
  if (same_text(name, "quoted-printable")) return Encoding::QuotedPrintable;
  return Encoding::Identity;
}

std::string Decoder::add(std::string_view piece) {
  switch (encoding_) {
    case Encoding::Base64:
      return add_base64(piece);
    case Encoding::QuotedPrintable:
      return add_quoted(piece);
    case Encoding::Identity:
      break;
  }
  return std::string(piece);
}

std::string Decoder::add_base64(std::string_view piece) {
  std::string out;
  out.reserve(piece.size() / 4 * 3 + 3);
  for (const char c : piece) {
    const std::uint8_t digit = kAlphabet[static_cast<unsigned char>(c)];
    if (digit == kNone) {
      // Padding ends a group; more may follow (concatenated encodings).
      if (c == '=') out += finish();
      continue;
    }
    bits_ = bits_ << 6 | digit;
    if (++count_ < 4) continue;
    out += static_cast<char>(bits_ >> 16);
    out += static_cast<char>(bits_ >> 8);
    out += static_cast<char>(bits_);
    bits_ = 0;
    count_ = 0;
  }
  return out;
}

std::string Decoder::add_quoted(std::string_view piece) {
  const std::string joined = held_.empty() ? "" : held_ + std::string(piece);
  QuotedText text(held_.empty() ? piece : joined);
  std::string out = text.run();
  held_ = text.rest();
  return out;
}

std::string Decoder::finish() {
  std::string out;
  if (encoding_ == Encoding::Base64) {
    if (count_ >= 2) out += static_cast<char>(bits_ >> (6 * count_ - 8));
    if (count_ == 3) out += static_cast<char>(bits_ >> 2);
    bits_ = 0;
    count_ = 0;
  }
  if (encoding_ == Encoding::QuotedPrintable) {
    // "=" alone at the end is a soft line break without its line end.
    if (trim(held_) != "=") out = std::string(held_);
    held_.clear();
    while (!out.empty() && is_blank(out.back())) out.pop_back();
  }
  return out;
}

std::string decode(std::string_view body, Encoding encoding,
                   std::size_t limit) {
  if (encoding == Encoding::Identity) return std::string(body.substr(0, limit));
  Decoder decoder(encoding);
  std::string out;
  while (!body.empty() && out.size() < limit) {
    const std::string_view piece = body.substr(0, kStep);
    out += decoder.add(piece);
    body.remove_prefix(piece.size());
  }
  if (body.empty()) out += decoder.finish();
  if (out.size() > limit) out.resize(limit);
  return out;
}

}  // namespace mail::mime
