#include "imap/utf7.h"

#include <gtest/gtest.h>

namespace mail::imap {
namespace {

TEST(Utf7Test, GoesBothWays) {
  const struct {
    std::string_view utf8, utf7;
  } kCases[] = {
      {"INBOX", "INBOX"},
      {"", ""},
      {"a&b", "a&-b"},
      {"Entw\xC3\xBCrfe", "Entw&APw-rfe"},
      {"~peter/mail/\xE5\x8F\xB0\xE5\x8C\x97/\xE6\x97\xA5\xE6\x9C\xAC"
       "\xE8\xAA\x9E",
       "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},  // RFC 3501 5.1.3
      {"\xF0\x9F\x93\xA7", "&2D3c5w-"},
      {"\xE2\x82\xAC&", "&IKw-&-"},
      {"tab\t", "tab&AAk-"},
  };
  for (const auto& [utf8, utf7] : kCases) {
    EXPECT_EQ(to_utf7(utf8), utf7);
    const auto back = from_utf7(utf7);
    ASSERT_TRUE(back) << utf7;
    EXPECT_EQ(*back, utf8);
  }
}

TEST(Utf7Test, RefusesWhatIsNotWellFormed) {
  for (const std::string_view bad : {
           "&", "&AP", "a&APw", "&A-", "&APwA-",  // cut short
           "&AGE-",                               // 'a' as base64
           "&2D0-", "&3Oc-", "&2D3YPQ-",          // lone surrogates
           "gr\xC3\xBCn", "a\tb", "&AP/-",        // 8 bit, control, '/'
           "&U,BTFw-&ZeVnLIqe-",                  // RFC 3501 5.1.3
       }) {
    EXPECT_FALSE(from_utf7(bad)) << bad;
  }
}

}  // namespace
}  // namespace mail::imap
