#include "spool/fields.h"

#include "base/ascii.h"

namespace mail::spool {
namespace {

bool plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte != 0x7f && c != '%';
}

int digit_of(char c) {
  if (is_digit(c)) return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void escape(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (plain(c)) {
      out += c;
    } else {
      out += '%' + hex(std::string_view(&c, 1));
    }
  }
}

std::optional<std::string> unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return {};
    const int high = digit_of(text[i + 1]);
    const int low = digit_of(text[i + 2]);
    if (high < 0 || low < 0) return {};
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

}  // namespace

std::string join_fields(std::span<const std::string> fields) {
  std::string line;
  for (const auto& field : fields) {
    if (&field != &fields.front()) line += '\t';
    escape(line, field);
  }
  return line += '\n';
}

std::optional<std::vector<std::string>> split_fields(std::string_view line) {
  std::vector<std::string> fields;
  for (const auto part : split(line, '\t')) {
    auto field = unescape(part);
    if (!field) return {};
    fields.push_back(std::move(*field));
  }
  return fields;
}

std::optional<std::vector<std::vector<std::string>>> split_lines(
    std::string_view packet) {
  if (packet.empty() || packet.back() != '\n') return {};
  packet.remove_suffix(1);
  std::vector<std::vector<std::string>> lines;
  for (const auto line : split(packet, '\n')) {
    auto fields = split_fields(line);
    if (!fields) return {};
    lines.push_back(std::move(*fields));
  }
  return lines;
}

}  // namespace mail::spool
