#include "admin/duration.h"

#include <gtest/gtest.h>

namespace mail::admin {
namespace {

TEST(DurationTest, ReadsNumbersWithUnits) {
  EXPECT_EQ(parse_duration("90"), 90 * kSecond);
  EXPECT_EQ(parse_duration("15m"), 15 * kMinute);
  EXPECT_EQ(parse_duration("1d12h"), 36 * kHour);
  EXPECT_EQ(parse_duration("2w"), 14 * kDay);
  EXPECT_EQ(parse_duration("0"), 0);
}

TEST(DurationTest, RefusesEverythingElse) {
  for (const char* text : {"", "h", "2x", "-5m", "2 h", "1.5h", "5mm",
                           "99999999999999999999", "4000d", "3650d1d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

}  // namespace
}  // namespace mail::admin
