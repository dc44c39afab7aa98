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

// Body pieces are decoded this much at a time when there is a limit.
constexpr std::size_t kStep = 1 << 16;

// A held "=   " longer than this is no soft line break we wait for.
constexpr std::size_t kMaxHeld = 1'000;

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

// RFC 2045 section 6.7.  Blanks at the end of a line are transport padding and
// go; "=" with blanks behind it at the end of a line is a soft line break.
std::string Decoder::add_quoted(std::string_view piece) {
  const std::string joined = held_.empty() ? "" : held_ + std::string(piece);
  const std::string_view text = held_.empty() ? piece : joined;
  std::string rest;
  std::string out;
  out.reserve(text.size());
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t plain =
        std::min(text.find_first_of("= \t\r", i), text.size());
    out.append(text, i, plain - i);
    i = plain;
    if (i == text.size()) break;
    const bool escape = text[i] == '=';
    const std::size_t from = escape ? i + 1 : i;
    std::size_t stop = from;
    while (stop < text.size() && is_blank(text[stop])) ++stop;
    std::size_t line_end = stop;
    if (line_end < text.size() && text[line_end] == '\r') ++line_end;
    const bool cut = line_end == text.size() ||
                     (escape && stop == from && text.size() - i < 3);
    if (cut && text.size() - i < kMaxHeld) {
      rest = text.substr(i);
      break;
    }
    if (line_end < text.size() && text[line_end] == '\n') {
      if (!escape) out.append(text, stop, line_end + 1 - stop);
      i = line_end + 1;
      continue;
    }
    if (escape && stop == from && text.size() - i >= 3) {
      const auto high = hex_digit(text[i + 1]);
      const auto low = hex_digit(text[i + 2]);
      if (high && low) {
        out += static_cast<char>(*high << 4 | *low);
        i += 3;
        continue;
      }
    }
    // No escape, no line end: as it stands.
    const std::size_t end = std::max(stop, i + 1);
    out.append(text, i, end - i);
    i = end;
  }
  held_ = std::move(rest);
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
