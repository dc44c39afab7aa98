#include "admin/output.h"

namespace mail::admin {
namespace {

const Record kRecord = {{"name", "a\tb\x1b[2J"},
                        {"count", std::int64_t{7}},
                        {"open", true},
                        {"list", std::vector<std::string>{"x", "y\"z"}}};

TEST(OutputTest, WritesJsonThatNothingCanBreakOutOf) {
  EXPECT_EQ(to_json(kRecord),
            "{\"name\":\"a\\u0009b\\u001b[2J\",\"count\":7,\"open\":true,"
            "\"list\":[\"x\",\"y\\\"z\"]}");
}

TEST(OutputTest, KeepsControlCharactersFromTheTerminal) {
  EXPECT_EQ(to_lines({kRecord}, Columns::Tabs),
            "a\\x09b\\x1b[2J\t7\tyes\tx y\"z\n");
  // C1 is as good as ESC for a terminal; direction may hide what follows.
  const Record other = {{"name", "\u009b2J\u202e\u2028\u200f\u2066\u00fc\u201cx"}};
  EXPECT_EQ(to_lines({other}, Columns::Tabs),
            "\\u009b2J\\u202e\\u2028\\u200f\\u2066\u00fc\u201cx\n");
  EXPECT_EQ(to_json(other),
            "{\"name\":\"\\u009b2J\\u202e\\u2028\\u200f\\u2066"
            "\u00fc\u201cx\"}");
}

TEST(OutputTest, AlignsColumnsForPeople) {
  const std::vector<Record> records = {
      {{"name", "INBOX"}, {"n", std::int64_t{1}}},
      {{"name", "Archive"}, {"n", std::int64_t{20}}}};
  EXPECT_EQ(to_lines(records, Columns::Aligned), "INBOX    1\nArchive  20\n");
}

TEST(OutputTest, WritesOneRecordAsAParagraph) {
  EXPECT_EQ(to_paragraph({{"a", "x"}, {"b", ""}}), "a: x\nb: -\n");
}

TEST(OutputTest, WritesTimesInUtc) {
  EXPECT_EQ(time_text(1'767'225'600 * kSecond), "2026-01-01T00:00:00Z");
  EXPECT_EQ(time_text(0), "-");
}

}  // namespace
}  // namespace mail::admin
