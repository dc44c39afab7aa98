#include "mime/xtext.h"

#include <charconv>
#include <cstdint>

#include "base/ascii.h"
#include "base/text.h"

namespace mail::mime {
namespace {

// RFC 3461 4: "!" to "~" but for "+" and "=".
bool is_xchar(char c) { return c > ' ' && c < 0x7f && c != '+' && c != '='; }

int digit_of(char c) {
  if (is_digit(c)) return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The code point at the front of well-formed UTF-8, and its bytes.
struct Point {
  std::uint32_t value = 0;
  std::size_t size = 1;
};
Point point_at(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  Point point{lead & (0xffu >> (size + 1)), size};
  for (std::size_t i = 1; i < size; ++i) {
    point.value = point.value << 6 |
                  (static_cast<unsigned char>(text[i]) & 0x3fu);
  }
  return point;
}

std::string utf8_of(std::uint32_t point) {
  if (point < 0x80) return {static_cast<char>(point)};
  std::string out;
  const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  constexpr std::uint32_t kLead[] = {0, 0xc0, 0xe0, 0xf0};
  out += static_cast<char>(kLead[more] | point >> (6 * more));
  for (int i = more - 1; i >= 0; --i) {
    out += static_cast<char>(0x80 | (point >> (6 * i) & 0x3f));
  }
  return out;
}

// "\x{E9}" at the front: its code point and its length.
std::optional<Point> embedded_at(std::string_view text) {
  const std::size_t end = text.substr(0, 10).find('}');
  if (!text.starts_with("\\x{") || end == text.npos || end < 5) return {};
  const std::string_view digits = text.substr(3, end - 3);
  Point point{0, end + 1};
  const auto [last, error] = std::from_chars(
      digits.data(), digits.data() + digits.size(), point.value, 16);
  const bool good = error == std::errc() &&
                    last == digits.data() + digits.size() &&
                    point.value <= 0x10ffff &&
                    (point.value < 0xd800 || point.value > 0xdfff);
  if (!good) return {};
  return point;
}

}  // namespace

std::optional<std::string> decode_xtext(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_xchar(text[i])) {
      out += text[i];
      continue;
    }
    if (text[i] != '+' || text.size() - i < 3) return {};
    const int high = digit_of(text[i + 1]);
    const int low = digit_of(text[i + 2]);
    if (high < 0 || low < 0) return {};
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string encode_xtext(std::string_view bytes) {
  std::string out;
  for (const char& c : bytes) {
    if (is_xchar(c)) {
      out += c;
    } else {
      out += '+' + upper(hex(std::string_view(&c, 1)));
    }
  }
  return out;
}

std::string encode_unitext(std::string_view address) {
  const std::string clean = scrub_utf8(address);
  std::string out;
  for (std::string_view rest = clean; !rest.empty();) {
    const Point point = point_at(rest);
    const auto c = static_cast<char>(point.value);
    if (point.value < 0x80 && is_xchar(c) && c != '\\') {
      out += c;
    } else {
      char digits[8];
      const auto end =
          std::to_chars(digits, digits + sizeof digits, point.value, 16).ptr;
      const std::string number = upper(std::string_view(digits, end));
      out += "\\x{" + std::string(number.size() < 2 ? "0" : "") + number + "}";
    }
    rest.remove_prefix(point.size);
  }
  return out;
}

std::optional<std::string> decode_unitext(std::string_view text) {
  if (!is_utf8(text)) return {};
  std::string out;
  while (!text.empty()) {
    if (text[0] != '\\') {
      out += text[0];
      text.remove_prefix(1);
      continue;
    }
    const auto point = embedded_at(text);
    if (!point) return {};
    out += utf8_of(point->value);
    text.remove_prefix(point->size);
  }
  return out;
}

std::string ascii_unitext(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  // What is written natively may stand beside what is encoded already.
  return encode_unitext(decode_unitext(text).value_or(std::string(text)));
}

}  // namespace mail::mime
