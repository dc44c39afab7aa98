#include "mime/encode.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/base64.h"

namespace mail::mime {
namespace {

constexpr std::size_t kGroup = 57;    // octets: 76 characters of base64
constexpr std::size_t kColumns = 75;  // and the "=" of a soft line break

// RFC 2045 6.7 (2); a line's first character has rules of its own.
constexpr bool is_literal(char c) { return c > ' ' && c < 0x7f && c != '='; }

}  // namespace

std::string Encoder::add(std::string_view piece) {
  switch (encoding_) {
    case Encoding::Base64:
      add_base64(piece);
      break;
    case Encoding::QuotedPrintable:
      for (const char c : piece) add_quoted(c);
      break;
    case Encoding::Identity:
      out_ += piece;
      break;
  }
  return std::exchange(out_, {});
}

std::string Encoder::finish() {
  if (encoding_ == Encoding::Base64 && !held_.empty()) {
    out_ = base64_encode(held_) + "\r\n";
  } else {
    for (const char c : held_) escape(c);
  }
  held_.clear();
  column_ = 0;
  return std::exchange(out_, {});
}

void Encoder::add_base64(std::string_view piece) {
  while (held_.size() + piece.size() >= kGroup) {
    const std::size_t missing = kGroup - held_.size();
    held_ += piece.substr(0, missing);
    piece.remove_prefix(missing);
    out_ += base64_encode(held_) + "\r\n";
    held_.clear();
  }
  held_ += piece;
}

// RFC 2045 6.7 (3) and (4): CRLF is a line end and nothing else is; blanks
// before it are escaped.
void Encoder::add_quoted(char c) {
  if (c == '\n' && held_.ends_with('\r')) {
    held_.pop_back();
    for (const char blank : held_) escape(blank);
    held_.clear();
    out_ += "\r\n";
    column_ = 0;
    return;
  }
  if (c == '\r' && held_ != "\r" && held_.size() < 2) {
    held_ += c;
    return;
  }
  for (const char before : std::exchange(held_, {})) {
    before == '\r' ? escape(before) : put(before);
  }
  if (is_blank(c) || c == '\r') {
    held_ = c;
  } else if (is_literal(c)) {
    put(c);
  } else {
    escape(c);
  }
}

void Encoder::put(char c) {
  make_room(1);
  if (column_ == 0 && (c == '-' || c == '.')) return escape(c);
  out_ += c;
  ++column_;
}

void Encoder::escape(char c) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  make_room(3);
  const auto octet = static_cast<unsigned char>(c);
  out_ += '=';
  out_ += kDigits[octet >> 4];
  out_ += kDigits[octet & 15];
  column_ += 3;
}

void Encoder::make_room(std::size_t characters) {
  if (column_ + characters <= kColumns) return;
  out_ += "=\r\n";
  column_ = 0;
}

}  // namespace mail::mime
