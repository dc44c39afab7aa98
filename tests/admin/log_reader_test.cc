#include "admin/log_reader.h"

#include "base/log.h"

namespace mail::admin {
namespace {

TEST(LogReaderTest, ReadsBackWhatTheLogWrites) {
  const std::string line = log_line(
      "warn", "deferred",
      {{"id", "0PX3"}, {"to", "a@b.example"}, {"why", "say \"no\" = later"}});
  const auto fields = read_log_line(line);
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->front(),
            (std::pair<std::string, std::string>{"id", "0PX3"}));
  EXPECT_EQ(fields->back().second, "say \"no\" = later");
}

TEST(LogReaderTest, KeepsWhatAServiceManagerPutsInFront) {
  const auto fields =
      read_log_line("Aug 01 12:00:00 host smtpd[77]: id=0PX3 event=accepted");
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->front().first, "at");
  EXPECT_EQ(fields->front().second, "Aug 01 12:00:00 host smtpd[77]:");
  EXPECT_TRUE(mentions(*fields, "0px3"));
}

TEST(LogReaderTest, FindsAnIdInAnyFieldButNotInsideOne) {
  EXPECT_TRUE(mentions(*read_log_line("id=A event=bounce of=0PX3"), "0PX3"));
  EXPECT_FALSE(mentions(*read_log_line("id=A why=\"not 0PX3\""), "0PX3"));
  EXPECT_FALSE(read_log_line("0PX3 without fields"));
  EXPECT_FALSE(read_log_line(""));
}

TEST(LogReaderTest, TakesAnyBytes) {
  EXPECT_TRUE(read_log_line("a=\"open"));
  EXPECT_TRUE(read_log_line("a=\\"));
  EXPECT_TRUE(read_log_line("x a= b=\"\\"));
}

}  // namespace
}  // namespace mail::admin
