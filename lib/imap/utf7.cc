#include "imap/utf7.h"

#include <cstdint>
#include <utility>

namespace mail::imap {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

bool is_printable(std::uint32_t c) { return c >= 0x20 && c <= 0x7e; }

// One character of well-formed UTF-8 at `at`, which moves behind it.  A stray
// byte counts as itself: names of the store are always well-formed.
std::uint32_t take_character(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const std::uint32_t first = byte(at);
  const std::size_t more = first < 0xc0   ? 0
                           : first < 0xe0 ? 1
                           : first < 0xf0 ? 2
                                          : 3;
  std::uint32_t c = more == 0 ? first : first & (0x3fu >> more);
  for (std::size_t i = 1; i <= more; ++i) c = c << 6 | (byte(at + i) & 0x3f);
  at += more + 1;
  return c;
}

// Gathers UTF-16 and writes it as base64 without padding.
class Shift {
 public:
  explicit Shift(std::string& out) : out_(out) {}
  void add(std::uint32_t c) {
    if (c < 0x10000) return unit(c);
    unit(0xd800 + ((c - 0x10000) >> 10));
    unit(0xdc00 + ((c - 0x10000) & 0x3ff));
  }
  void end() {
    if (count_ > 0) out_ += kAlphabet[bits_ << (6 - count_) & 0x3f];
    if (open_) out_ += '-';
    open_ = false;
    count_ = 0;
    bits_ = 0;
  }

 private:
  void unit(std::uint32_t value) {
    if (!open_) out_ += '&';
    open_ = true;
    bits_ = bits_ << 16 | value;
    for (count_ += 16; count_ >= 6; count_ -= 6) {
      out_ += kAlphabet[bits_ >> (count_ - 6) & 0x3f];
    }
    bits_ &= (1u << count_) - 1;
  }

  std::string& out_;
  std::uint32_t bits_ = 0;
  int count_ = 0;
  bool open_ = false;
};

void put_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xc0 | c >> 6);
  } else {
    if (c < 0x10000) {
      put(0xe0 | c >> 12);
    } else {
      put(0xf0 | c >> 18);
      put(0x80 | (c >> 12 & 0x3f));
    }
    put(0x80 | (c >> 6 & 0x3f));
  }
  put(0x80 | (c & 0x3f));
}

// What stands between '&' and '-' to UTF-8.
Result<std::string> shifted(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0, high = 0;
  int count = 0;
  for (const char c : text) {
    const auto value = kAlphabet.find(c);
    if (value == kAlphabet.npos) return refuse("bad base64 in mailbox name");
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if ((count += 6) < 16) continue;
    count -= 16;
    const std::uint32_t unit = bits >> count & 0xffff;
    bits &= (1u << count) - 1;
    const bool low = unit >= 0xdc00 && unit < 0xe000;
    if (low != (high != 0)) return refuse("lone surrogate in mailbox name");
    if (unit >= 0xd800 && unit < 0xdc00) {
      high = unit;
      continue;
    }
    const std::uint32_t whole =
        low ? 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00) : unit;
    high = 0;
    if (is_printable(whole)) return refuse("needless base64 in mailbox name");
    put_utf8(out, whole);
  }
  if (high != 0 || count >= 6 || bits != 0) {
    return refuse("base64 cut short in mailbox name");
  }
  return out;
}

}  // namespace

std::string to_utf7(std::string_view name) {
  std::string out;
  Shift shift(out);
  for (std::size_t at = 0; at < name.size();) {
    const std::uint32_t c = take_character(name, at);
    if (!is_printable(c)) {
      shift.add(c);
      continue;
    }
    shift.end();
    out += static_cast<char>(c);
    if (c == '&') out += '-';
  }
  shift.end();
  return out;
}

Result<std::string> from_utf7(std::string_view text) {
  std::string out;
  bool shifted_before = false;
  while (!text.empty()) {
    const bool superfluous = std::exchange(shifted_before, false);
    const char c = text.front();
    text.remove_prefix(1);
    if (!is_printable(static_cast<unsigned char>(c))) {
      return refuse("mailbox name is not modified UTF-7");
    }
    if (c != '&') {
      out += c;
      continue;
    }
    const std::size_t end = text.find('-');
    if (end == text.npos) return refuse("'&' without '-' in mailbox name");
    if (end == 0) {
      out += '&';
    } else {
      if (superfluous) return refuse("superfluous shift in mailbox name");
      auto piece = shifted(text.substr(0, end));
      if (!piece) return piece;
      out += *piece;
      shifted_before = true;
    }
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace mail::imap
