#include "base/text.h"

#include <unicode/ucasemap.h>
#include <unicode/uchar.h>
#include <unicode/uidna.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <limits>

#include "base/ascii.h"

namespace mail {
namespace {

constexpr std::size_t kMaxName = 253;  // RFC 1035, without the last dot
constexpr std::size_t kMaxLabel = 63;

// ICU counts in int32_t; longer text is cut.
constexpr std::size_t kLongest = 1 << 28;

bool is_plain(char c) { return is_digit(c) || is_alpha(c) || c == '-'; }

// RFC 5321 4.1.2: sub-domain = Let-dig [Ldh-str].
bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' &&
         label.back() != '-' && std::ranges::all_of(label, is_plain);
}

bool is_domain(std::string_view domain) {
  if (domain.empty() || domain.size() > kMaxName) return false;
  for (;;) {
    const std::size_t dot = domain.find('.');
    if (!is_label(domain.substr(0, dot))) return false;
    if (dot == domain.npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

std::u16string to_utf16(std::string_view text) {
  text = text.substr(0, kLongest);
  std::u16string out(text.size(), u'\0');  // never more units than bytes
  std::int32_t length = 0;
  UErrorCode error = U_ZERO_ERROR;
  u_strFromUTF8WithSub(
      out.data(), static_cast<std::int32_t>(out.size()), &length, text.data(),
      static_cast<std::int32_t>(text.size()), 0xFFFD, nullptr, &error);
  out.resize(U_FAILURE(error) ? 0 : static_cast<std::size_t>(length));
  return out;
}

std::string from_utf16(const std::u16string& text) {
  std::string out(text.size() * 3, '\0');
  std::int32_t length = 0;
  UErrorCode error = U_ZERO_ERROR;
  u_strToUTF8WithSub(out.data(), static_cast<std::int32_t>(out.size()), &length,
                     text.data(), static_cast<std::int32_t>(text.size()),
                     0xFFFD, nullptr, &error);
  out.resize(U_FAILURE(error) ? 0 : static_cast<std::size_t>(length));
  return out;
}

std::string normalized(const UNormalizer2* form, std::string_view text) {
  const std::u16string wide = to_utf16(text);
  const auto size = static_cast<std::int32_t>(wide.size());
  std::u16string out(wide.size() + wide.size() / 4 + 16, u'\0');
  for (;;) {
    UErrorCode error = U_ZERO_ERROR;
    const std::int32_t length =
        unorm2_normalize(form, wide.data(), size, out.data(),
                         static_cast<std::int32_t>(out.size()), &error);
    if (error != U_BUFFER_OVERFLOW_ERROR) {
      out.resize(U_FAILURE(error) ? 0 : static_cast<std::size_t>(length));
      return from_utf16(out);
    }
    out.resize(static_cast<std::size_t>(length));
  }
}

// ICU's own immutable objects, made once; documented as thread-safe.
const UIDNA* idna() {
  static const UIDNA* const kIdna = [] {
    UErrorCode error = U_ZERO_ERROR;
    return uidna_openUTS46(
        UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_USE_STD3_RULES |
            UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE,
        &error);
  }();
  return kIdna;
}

using Conversion = std::int32_t (*)(const UIDNA*, const char*, std::int32_t,
                                    char*, std::int32_t, UIDNAInfo*,
                                    UErrorCode*);

std::optional<std::string> converted(Conversion convert,
                                     std::string_view domain) {
  if (idna() == nullptr || domain.size() > 4 * kMaxName) return std::nullopt;
  std::string out(16 * kMaxName, '\0');
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UErrorCode error = U_ZERO_ERROR;
  const std::int32_t length =
      convert(idna(), domain.data(), static_cast<std::int32_t>(domain.size()),
              out.data(), static_cast<std::int32_t>(out.size()), &info, &error);
  if (U_FAILURE(error) || info.errors != 0) return std::nullopt;
  out.resize(static_cast<std::size_t>(length));
  return out;
}

}  // namespace

std::string nfc(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  UErrorCode error = U_ZERO_ERROR;
  return normalized(unorm2_getNFCInstance(&error), text);
}

std::string fold_case(std::string_view text) {
  if (is_ascii(text)) return lower(text);
  UErrorCode error = U_ZERO_ERROR;
  return normalized(unorm2_getNFKCCasefoldInstance(&error), text);
}

// Titlecase of each character by itself, then decomposed.
std::string casemap(std::string_view text) {
  if (is_ascii(text)) return upper(text);
  const std::u16string wide = to_utf16(text);
  std::u16string title;
  for (std::size_t i = 0; i < wide.size();) {
    UChar32 c = 0;
    U16_NEXT(wide.data(), i, wide.size(), c);
    c = u_totitle(c);
    if (U_IS_SUPPLEMENTARY(c)) {
      title += static_cast<char16_t>(U16_LEAD(c));
      title += static_cast<char16_t>(U16_TRAIL(c));
    } else {
      title += static_cast<char16_t>(c);
    }
  }
  UErrorCode error = U_ZERO_ERROR;
  return normalized(unorm2_getNFKDInstance(&error), from_utf16(title));
}

std::optional<std::string> domain_to_ascii(std::string_view domain) {
  if (is_ascii(domain)) {
    if (!is_domain(domain)) return std::nullopt;
    return lower(domain);
  }
  if (!is_utf8(domain)) return std::nullopt;
  auto ascii = converted(uidna_nameToASCII_UTF8, domain);
  if (!ascii || !is_domain(*ascii)) return std::nullopt;
  return lower(*ascii);
}

std::string domain_to_unicode(std::string_view domain) {
  const auto unicode = converted(uidna_nameToUnicodeUTF8, domain);
  return unicode ? *unicode : std::string(domain);
}

std::string_view utf8_prefix(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  std::size_t end = bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return text.substr(0, end);
}

std::string scrub_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, kLongest);
    out += from_utf16(to_utf16(piece));
    text.remove_prefix(piece.size());
  }
  return out;
}

}  // namespace mail
