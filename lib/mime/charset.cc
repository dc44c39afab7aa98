#include "mime/charset.h"

#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/ascii.h"
#include "base/text.h"

namespace mail::mime {
namespace {

// What windows-1252 has at 0x80 to 0x9F (WHATWG: the five holes are controls).
constexpr std::array<char16_t, 32> kWindows1252 = {
    0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
    0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
    0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};

// Converted at a time; it lies on the stack twice.
constexpr std::size_t kPiece = 8'192;

struct CloseConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

void append(std::string& out, char16_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
  } else {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
  }
  out += static_cast<char>(0x80 | (c & 0x3F));
}

std::string from_windows_1252(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    append(out, byte >= 0x80 && byte < 0xA0 ? kWindows1252[byte - 0x80u]
                                            : char16_t{byte});
  }
  return out;
}

// RFC 2231 allows "charset*language" in encoded words; quotes do occur.  What
// no charset's name can hold (ICU reads options behind a comma) makes it "?".
std::string clean_name(std::string_view charset) {
  charset = trim(charset.substr(0, charset.find('*')));
  std::string name;
  for (const char c : charset) {
    if (c == '"' || c == '\'') continue;
    const bool good =
        is_alpha(c) || is_digit(c) ||
        std::string_view("-_.:+()").find(c) != std::string_view::npos;
    if (!good || name.size() > 60) return "?";
    name += lower(c);
  }
  return name;
}

bool is_utf8_name(std::string_view name) {
  return name == "utf-8" || name == "utf8";
}

// Names that promise ASCII hold whatever their writer had (RFC 2045 default).
bool is_ascii_name(std::string_view name) {
  return name.empty() || name == "us-ascii" || name == "ascii" ||
         name == "ansi_x3.4-1968" || name == "unknown-8bit" ||
         name == "x-unknown" || name == "default";
}

// iso-8859-1 is read as the superset that people mean by it (WHATWG).
bool is_western_name(std::string_view name) {
  return name == "iso-8859-1" || name == "iso8859-1" || name == "latin1" ||
         name == "windows-1252" || name == "cp1252";
}

struct Pair {
  std::string_view from;
  const char* to;
};

// ICU has the mail names and more; these it does not have.
constexpr Pair kAliases[] = {{"iso-8859-8-i", "iso-8859-8"},
                             {"cn-gb", "gb18030"},
                             {"cn-big5", "big5"},
                             {"uhc", "windows-949-2000"}};

// Converters whose place another takes: the superset that mail programs really
// write, and one that leaves US-ASCII what it is (RFC 1557, RFC 1468: "\" is
// no won or yen sign) or to which ASCII belongs at all.
constexpr Pair kBetter[] = {
    {"ibm-1383_P110-1999", "gb18030"},  // gb2312
    {"ibm-5478_P100-1995", "gb18030"},
    {"windows-936-2000", "gb18030"},
    {"ibm-949_P110-1999", "windows-949-2000"},  // cp949
    {"ibm-949_P11A-1999", "windows-949-2000"},
    {"ibm-970_P110_P110-2006_U2", "windows-949-2000"},  // euc-kr
    {"ibm-971_P100-1995", "windows-949-2000"},
    {"ibm-1363_P110-1997", "ibm-1363_P11B-1998"},
    {"ISO_2022,locale=ko,version=0", "ISO_2022,locale=ko,version=1"},
    {"ibm-943_P130-1999", "ibm-943_P15A-2003"},
    {"ibm-33722_P120-1999", "euc-jp-2007"},
    {"ibm-920_P100-1995", "windows-1254"}};  // iso-8859-9

const char* find(std::span<const Pair> pairs, std::string_view from,
                 const char* otherwise) {
  const auto pair = std::ranges::find(pairs, from, &Pair::from);
  return pair == pairs.end() ? otherwise : pair->to;
}

// Left alone ICU writes U+001A for a single byte; and it finds an error where
// nothing stands between two shifts, as between adjacent encoded words.
void replace_bad(const void*, UConverterToUnicodeArgs* arguments, const char*,
                 std::int32_t, UConverterCallbackReason reason,
                 UErrorCode* error) noexcept {
  if (reason > UCNV_IRREGULAR) return;  // no trouble
  *error = U_ZERO_ERROR;
  if (reason == UCNV_IRREGULAR) return;
  constexpr UChar kReplacement = 0xFFFD;
  ucnv_cbToUWriteUChars(arguments, &kReplacement, 1, 0, error);
}

// What ICU calls it.  Without an entry in its table ICU would look for a file
// of that name.
const char* icu_name(const std::string& name) {
  UErrorCode error = U_ZERO_ERROR;
  const char* known = find(kAliases, name, name.c_str());
  const char* icu = ucnv_getAlias(known, 0, &error);
  if (icu == nullptr && name.starts_with("x-")) {
    icu = ucnv_getAlias(name.c_str() + 2, 0, &error);
  }
  return U_FAILURE(error) ? nullptr : icu;
}

Converter open_converter(const std::string& name) {
  const char* icu = icu_name(name);
  if (icu == nullptr) return nullptr;
  UErrorCode error = U_ZERO_ERROR;
  Converter converter(ucnv_open(find(kBetter, icu, icu), &error));
  if (U_FAILURE(error)) return nullptr;
  ucnv_setToUCallBack(converter.get(), replace_bad, nullptr, nullptr, nullptr,
                      &error);
  return converter;
}

std::string convert(UConverter* from, UConverter* to, std::string_view text) {
  std::string out;
  std::array<UChar, kPiece / sizeof(UChar)> pivot;
  std::array<char, kPiece> buffer;
  UChar* pivot_source = pivot.data();
  UChar* pivot_target = pivot.data();
  const char* source = text.data();
  const char* const end = source + text.size();
  bool first = true;
  for (;;) {
    char* target = buffer.data();
    UErrorCode error = U_ZERO_ERROR;
    ucnv_convertEx(to, from, &target, buffer.data() + buffer.size(), &source,
                   end, pivot.data(), &pivot_source, &pivot_target,
                   pivot.data() + pivot.size(), first, true, &error);
    first = false;
    out.append(buffer.data(), target);
    if (error != U_BUFFER_OVERFLOW_ERROR) return out;
  }
}

}  // namespace

bool knows_charset(std::string_view charset) {
  const std::string name = clean_name(charset);
  if (name.empty()) return false;
  return is_utf8_name(name) || is_western_name(name) || name == "us-ascii" ||
         open_converter(name) != nullptr;
}

std::string to_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  return from_windows_1252(text);
}

std::string to_utf8(std::string_view text, std::string_view charset) {
  const std::string name = clean_name(charset);
  if (is_utf8_name(name)) return scrub_utf8(text);
  if (is_ascii_name(name)) return to_utf8(text);
  if (is_western_name(name)) return from_windows_1252(text);
  const Converter from = open_converter(name);
  const Converter to = open_converter("utf-8");
  if (!from || !to) return to_utf8(text);
  return convert(from.get(), to.get(), text);
}

}  // namespace mail::mime
