#include "imap/reader.h"

#include <gtest/gtest.h>

namespace mail::imap {
namespace {

TEST(ReaderTest, ReadsTheFormsOfAString) {
  const struct {
    std::string_view text, expected;
  } kCases[] = {
      {"atom]x", "atom]x"},
      {"\"a \\\"b\\\\\"", "a \"b\\"},
      {"{5}\r\na\r\nb(", "a\r\nb("},
      {"{2+}\r\nhi", "hi"},
      {"\"\"", ""},
  };
  for (const auto& [text, expected] : kCases) {
    Reader reader(text);
    EXPECT_EQ(reader.astring(), expected);
    EXPECT_TRUE(reader.finish()) << text;
  }
}

TEST(ReaderTest, FailsOnceAndStaysSo) {
  for (const std::string_view bad :
       {"\"open", "\"a\\b\"", "{9}\r\nshort", "{x}\r\n", "(", "", "a\x80",
        "{1}\r\n\x00"}) {
    Reader reader(bad);
    reader.astring();
    EXPECT_FALSE(reader.finish()) << bad;
    EXPECT_FALSE(reader.why().empty());
    EXPECT_EQ(reader.number(), 0u);
  }
}

TEST(ReaderTest, ReadsFlags) {
  Reader reader("(\\Seen \\DELETED $Forwarded \\Recent)");
  const FlagList list = reader.flag_list();
  EXPECT_TRUE(reader.finish()) << reader.why();
  EXPECT_EQ(list.flags, store::kSeen | store::kDeleted);
  EXPECT_EQ(list.keywords, std::vector<std::string>{"$Forwarded"});

  // A flag-extension is passed over.
  Reader unknown("(\\Important \\Seen)");
  EXPECT_EQ(unknown.flag_list().flags, store::kSeen);
  EXPECT_TRUE(unknown.finish());
}

TEST(ReaderTest, ReadsNumbersWithinTheirLimits) {
  EXPECT_EQ(Reader("4294967295").number(), UINT32_MAX);
  Reader big("4294967296");
  big.number();
  EXPECT_TRUE(big.failed());
  Reader zero("0");
  zero.nz_number();
  EXPECT_TRUE(zero.failed());
  EXPECT_EQ(Reader("9223372036854775807").modseq(), INT64_MAX);
  Reader more("9223372036854775808");
  more.modseq();
  EXPECT_TRUE(more.failed());
}

TEST(ReaderTest, TakesWholeWordsOnly) {
  Reader reader("uidnext UID");
  EXPECT_FALSE(reader.take_word("UID"));
  EXPECT_TRUE(reader.take_word("UIDNEXT"));
}

}  // namespace
}  // namespace mail::imap
