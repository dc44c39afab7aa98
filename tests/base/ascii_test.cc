#include "base/ascii.h"

#include <gtest/gtest.h>

namespace mail {
namespace {

TEST(AsciiTest, ComparesWithoutCase) {
  EXPECT_TRUE(same_text("EhLo", "eHlO"));
  EXPECT_FALSE(same_text("EHLO", "EHL"));
  EXPECT_FALSE(same_text("[", "{"));  // 32 apart, but no letters
}

TEST(AsciiTest, KnowsWellFormedUtf8) {
  const struct {
    std::string_view text;
    bool good;
  } kCases[] = {
      {"", true},
      {"plain", true},
      {"gr\xC3\xBC\xC3\x9F", true},
      {"\xE2\x82\xAC", true},
      {"\xF0\x9F\x93\xA7", true},
      {"\xC0\xAF", false},          // overlong
      {"\xE0\x80\xAF", false},      // overlong
      {"\xED\xA0\x80", false},      // surrogate
      {"\xF4\x90\x80\x80", false},  // above U+10FFFF
      {"\xC3", false},              // cut short
      {"\xFF", false},
  };
  for (const auto& [text, good] : kCases) EXPECT_EQ(is_utf8(text), good);
}

TEST(AsciiTest, ReadsNumbersThatFit) {
  EXPECT_EQ(parse_number("18446744073709551615"), UINT64_MAX);
  EXPECT_FALSE(parse_number("18446744073709551616"));
  EXPECT_FALSE(parse_number(""));
  EXPECT_FALSE(parse_number("+1"));
  EXPECT_FALSE(parse_number("1 "));
}

TEST(AsciiTest, SplitsAndTrims) {
  EXPECT_EQ(split("a,,b", ',').size(), 3u);
  EXPECT_EQ(trim(" \t x y\r\n"), "x y");
  EXPECT_EQ(trim(" "), "");
}

}  // namespace
}  // namespace mail
