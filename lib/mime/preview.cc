#include "mime/preview.h"

#include <algorithm>
#include <iterator>

#include "base/ascii.h"
#include "mime/bodies.h"
#include "mime/charset.h"
#include "mime/decode.h"
#include "mime/html_text.h"

namespace mail::mime {
namespace {

// Bytes looked at; HTML often begins with much style.
constexpr std::size_t kTextLimit = 4'096;
constexpr std::size_t kHtmlLimit = 65'536;

// The length of the character at the front of well-formed UTF-8.
std::size_t character_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                                           : 4;
  return std::min(length, text.size());
}

// Control characters and the kinds of space; what newsletters pad their
// previews with (soft hyphens, joiners, zero widths) too.
bool is_void(std::string_view c) {
  if (c.size() == 1) return c[0] <= ' ' || c[0] == 0x7F;
  constexpr std::string_view kVoids[] = {
      "\xC2\xA0",     "\xC2\xAD",     "\xCD\x8F",     "\xE2\x80\x82",
      "\xE2\x80\x83", "\xE2\x80\x87", "\xE2\x80\x89", "\xE2\x80\x8A",
      "\xE2\x80\x8B", "\xE2\x80\x8C", "\xE2\x80\x8E", "\xE2\x80\x8F",
      "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE3\x80\x80",
      "\xEF\xBB\xBF"};
  return std::ranges::find(kVoids, c) != std::end(kVoids);
}

std::string first_words(std::string_view text) {
  std::string out;
  std::size_t count = 0;
  bool blank = false;
  while (!text.empty() && count < kPreviewLength) {
    const std::string_view c = text.substr(0, character_length(text));
    text.remove_prefix(c.size());
    if (is_void(c)) {
      blank = true;
      continue;
    }
    if (blank && count > 0) {
      if (++count == kPreviewLength) break;
      out += ' ';
    }
    blank = false;
    out += c;
    ++count;
  }
  return out;
}

}  // namespace

std::string part_text(std::string_view message, const Part& part,
                      std::size_t limit) {
  return to_utf8(
      decode(body_of(message, part), part.transfer_encoding(), limit),
      raw_value(part.parameters, "charset"));
}

std::string preview(std::string_view message, const Part& root) {
  for (const Part* part : find_bodies(root).text) {
    if (part->type != "text") continue;
    const bool html = part->subtype == "html";
    std::string text =
        part_text(message, *part, html ? kHtmlLimit : kTextLimit);
    // Some padding goes, so there must be more than what is wanted.
    if (html) text = html_to_text(text, kTextLimit);
    std::string words = first_words(text);
    if (!words.empty()) return words;
  }
  return {};
}

}  // namespace mail::mime
