#include "spool/fields.h"

#include <gtest/gtest.h>

namespace mail::spool {
namespace {

TEST(FieldsTest, KeepsEveryByteOfAValue) {
  const std::vector<std::string> fields{"a\tb", "", "c\nd", "100 %",
                                        std::string("\0\xff", 2)};
  const std::string line = join_fields(fields);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(split_fields(line.substr(0, line.size() - 1)), fields);
}

TEST(FieldsTest, RefusesWhatIsNotWhole) {
  EXPECT_FALSE(split_fields("a%0"));
  EXPECT_FALSE(split_fields("a%zz"));
  EXPECT_FALSE(split_lines(""));
  EXPECT_FALSE(split_lines("a\nb"));
  EXPECT_EQ(split_lines("a\tb\nc\n")->size(), 2u);
}

}  // namespace
}  // namespace mail::spool
