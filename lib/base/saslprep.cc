#include "base/saslprep.h"

#include <unicode/unistr.h>
#include <unicode/usprep.h>

#include <memory>

#include "base/ascii.h"
#include "base/fault.h"

namespace mail {
namespace {

struct Close {
  void operator()(UStringPrepProfile* profile) const {
    usprep_close(profile);
  }
};

// ICU keeps the profile itself: opening it again is cheap.
std::unique_ptr<UStringPrepProfile, Close> open_profile() {
  UErrorCode error = U_ZERO_ERROR;
  std::unique_ptr<UStringPrepProfile, Close> profile(
      usprep_openByType(USPREP_RFC4013_SASLPREP, &error));
  if (U_FAILURE(error)) throw Fault("ICU has no SASLprep");
  return profile;
}

// Nothing happens to these but that some are prohibited.
bool all_printable_ascii(std::string_view text) {
  for (const char c : text) {
    if (c < ' ' || c > '~') return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> saslprep(std::string_view text) {
  if (all_printable_ascii(text)) return std::string(text);
  if (!is_utf8(text)) return std::nullopt;
  const auto source = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
  // One character becomes at most 18 (NFKC).
  std::u16string out(static_cast<std::size_t>(source.length()) * 18 + 1, u'\0');
  UErrorCode error = U_ZERO_ERROR;
  const std::int32_t size = usprep_prepare(
      open_profile().get(), source.getBuffer(), source.length(), out.data(),
      static_cast<std::int32_t>(out.size()), USPREP_ALLOW_UNASSIGNED, nullptr,
      &error);
  if (U_FAILURE(error)) return std::nullopt;
  std::string prepared;
  icu::UnicodeString(out.data(), size).toUTF8String(prepared);
  return prepared;
}

}  // namespace mail
