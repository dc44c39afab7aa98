#include "mime/header.h"

#include <gtest/gtest.h>

namespace mail::mime {
namespace {

TEST(HeaderTest, ListsFieldsAsViews) {
  constexpr std::string_view kText =
      "Subject: one\r\n two\r\nFrom : a@b\nX:\r\n\r\nbody: no\r\n";
  const Header header(kText);
  ASSERT_EQ(header.fields().size(), 3u);
  EXPECT_EQ(header.fields()[0].name, "Subject");
  EXPECT_EQ(header.fields()[0].value, " one\r\n two");
  EXPECT_EQ(header.fields()[0].whole, "Subject: one\r\n two\r\n");
  EXPECT_EQ(header.fields()[1].name, "From");
  EXPECT_EQ(header.value("from"), "a@b");
  EXPECT_EQ(header.value("x"), "");
  EXPECT_EQ(header.find("body"), nullptr);
  EXPECT_EQ(kText.substr(header.size()), "body: no\r\n");
}

TEST(HeaderTest, KnowsWhereTheBodyBegins) {
  const struct {
    std::string_view text;
    std::size_t fields;
    std::size_t size;
  } kCases[] = {
      {"", 0, 0},
      {"\r\n", 0, 2},
      {"\nx", 0, 1},
      {"A: b", 1, 4},
      {"A: b\r\n", 1, 6},
      {"A: b\r\n \r\n\r\n", 1, 11},  // a folded line of blanks
      {"A: b\r\nno field\r\nB: c\r\n", 2, 22},  // a stray line
      {"A: b\r\n>From a@b Thu Jan 1\r\nB: c\r\n\r\nx", 2, 35},
      {"A: b\r\nno field\r\nnor this\r\nB: c\r\n", 1, 6},
      {"A: b\r\nno field\r\n\r\nB: c\r\n", 1, 6},
      {"A: b\r\n--like a boundary\r\nB: c\r\n", 1, 6},
      {"A: b\r\nno field\r\n--like:one\r\nB: c\r\n", 1, 6},
      {"A: b\r\nno field: here\r\n", 1, 6},
      {" A: b\r\n", 0, 0},
      {": b\r\n", 0, 0},
      {"\xC3\xBC: b\r\n", 0, 0},
      {"From a@b Thu Jan 1 00:00:00 1970\nA: b\n\nx", 1, 39},
      {"A: b\rC: d\r\n\r\n", 1, 13},  // a bare CR ends no line
  };
  for (const auto& [text, fields, size] : kCases) {
    const Header header(text);
    EXPECT_EQ(header.fields().size(), fields) << text;
    EXPECT_EQ(header.size(), size) << text;
  }
}

TEST(HeaderTest, FindsFirstAndLast) {
  const Header header("A: 1\r\na: 2\r\n");
  EXPECT_EQ(header.find("A")->value, " 1");
  EXPECT_EQ(header.find_last("A")->value, " 2");
  EXPECT_EQ(header.find_last("B"), nullptr);
}

TEST(HeaderTest, KeepsTheSizeWhenFieldsAreTooMany) {
  std::string text;
  for (std::size_t i = 0; i < kMaxFields + 5; ++i) text += "A: b\r\n";
  const Header header(text + "\r\nbody");
  EXPECT_EQ(header.fields().size(), kMaxFields);
  EXPECT_EQ(header.size(), text.size() + 2);
}

TEST(HeaderTest, Unfolds) {
  EXPECT_EQ(unfold(" a\r\n b\n\tc \r\n"), "a b\tc");
  EXPECT_EQ(unfold(std::string_view("a\0b\rc", 5)), "a b c");
  EXPECT_EQ(unfold("caf\xE9"), "caf\xE9");
}

}  // namespace
}  // namespace mail::mime
