#include "mime/date.h"

#include <gtest/gtest.h>

namespace mail::mime {
namespace {

// In the form of RFC 5322, or "none".
std::string shown(std::string_view text) {
  const auto date = parse_date(text);
  return date ? format_date(date->time, date->zone) : "none";
}

TEST(DateTest, ReadsDatesOfHeaders) {
  const struct {
    std::string_view text;
    std::string_view date;
  } kCases[] = {
      {"Fri, 21 Nov 1997 09:55:06 -0600", "Fri, 21 Nov 1997 09:55:06 -0600"},
      {"21 Nov 97 09:55:06 GMT", "Fri, 21 Nov 1997 09:55:06 +0000"},
      {"1 Jan 2000 00:00 +0000", "Sat, 01 Jan 2000 00:00:00 +0000"},
      {"Thu,\r\n 13\r\n Feb\r\n 1969\r\n 23:32\r\n -0330 (NST)",
       "Thu, 13 Feb 1969 23:32:00 -0330"},
      {"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600",
       "Fri, 21 Nov 1997 09:55:06 -0600"},
      {"Mon, 1 Jan 49 0:0:0 EST", "Fri, 01 Jan 2049 00:00:00 -0500"},
      {"1 Jan 101 0:0:0 Z", "Mon, 01 Jan 2001 00:00:00 +0000"},
      {"1 Jan 2001 10:00:00 PDT", "Mon, 01 Jan 2001 10:00:00 -0700"},
      {"1 Jan 2001 10:00:00 X", "Mon, 01 Jan 2001 10:00:00 +0000"},
      {"1 Jan 2001 10:00:00", "Mon, 01 Jan 2001 10:00:00 +0000"},
      {"1 Jan 2001 10:00:00 +01:00", "Mon, 01 Jan 2001 10:00:00 +0100"},
      {"1 Jan 2001 10:00:00 GMT+0100", "Mon, 01 Jan 2001 10:00:00 +0100"},
      {"1 Jan 2001 10:00:00 +9999", "Mon, 01 Jan 2001 10:00:00 +0000"},
      {"Mon Nov 23 05:18:44 2026", "Mon, 23 Nov 2026 05:18:44 +0000"},
      {"21-Nov-1997 09:55:06 -0600", "Fri, 21 Nov 1997 09:55:06 -0600"},
      {"November 21, 1997 09:55:06.123", "Fri, 21 Nov 1997 09:55:06 +0000"},
      {"31 Dec 2016 23:59:60 +0000", "Sun, 01 Jan 2017 00:00:00 +0000"},
      {"29 Feb 2000 0:0 Z", "Tue, 29 Feb 2000 00:00:00 +0000"},
      {"29 Feb 1900 0:0 Z", "none"},
      {"31 Dec 1899 0:0 Z", "none"},  // RFC 5322 3.3
      {"31 Apr 2001 0:0 Z", "none"},
      {"1 Jan 2001 24:00", "none"},
      {"1 Jan 2001 10:60", "none"},
      {"1 Jan 99999999999999999999 10:00", "none"},
      {"1 Jan 2001", "none"},
      {"1 Foo 2001 10:00", "none"},
      {"", "none"},
      {"(", "none"},
  };
  for (const auto& [text, date] : kCases) EXPECT_EQ(shown(text), date) << text;
}

TEST(DateTest, CountsMicrosecondsSince1970) {
  EXPECT_EQ(parse_date("Thu, 1 Jan 1970 01:00:00 +0100")->time, 0);
  EXPECT_EQ(parse_date("9 Sep 2001 01:46:40 +0000")->time,
            1'000'000'000 * kSecond);
}

TEST(DateTest, ComparesTheDayAsWritten) {
  EXPECT_EQ(parse_date("2 Jan 1970 23:30:00 -0500")->day(), 1);
  EXPECT_EQ(parse_date("31 Dec 1969 00:30:00 +0500")->day(), -1);
}

TEST(DateTest, ReadsAndWritesInternalDates) {
  const std::string_view kText = "17-Jul-1996 02:44:25 -0700";
  const auto date = parse_internal_date(kText);
  ASSERT_TRUE(date);
  EXPECT_EQ(format_internal_date(date->time, date->zone), kText);
  EXPECT_TRUE(parse_internal_date(" 7-Jul-1996 02:44:25 +0000"));
  EXPECT_TRUE(parse_internal_date("07-jul-1996 02:44:25 +0000"));
  for (const std::string_view text :
       {"01-Jan-0000 00:00:00 +0000", "28-Feb-0001 23:59:59 +0000",
        "31-Dec-1899 12:00:00 +0000", "31-Dec-9999 23:59:59 +0000"}) {
    EXPECT_EQ(format_internal_date(parse_internal_date(text)->time), text);
  }
  const std::string_view kBad[] = {"",
                                   "17-Jul-1996",
                                   "7-Jul-1996 02:44:25 +0000",
                                   " 17-Jul-1996 02:44:25 +0000",
                                   "17-Jul-1996 02:44:25",
                                   "17-Jul-96 02:44:25 -0700",
                                   "17 Jul 1996 02:44:25 -0700",
                                   "32-Jul-1996 02:44:25 -0700",
                                   "17-Jul-1996 02:44:25 -07000",
                                   "17-Jul-1996 02:44:25 0700 ",
                                   "17-Jul-1996 2:44:25 -0700 ",
                                   "17-Xxx-1996 02:44:25 -0700"};
  for (const auto text : kBad) EXPECT_FALSE(parse_internal_date(text)) << text;
}

TEST(DateTest, ReadsDaysOfSearches) {
  EXPECT_EQ(parse_day("1-Jan-1970"), 0);
  EXPECT_EQ(parse_day("01-Feb-1970"), 31);
  EXPECT_FALSE(parse_day("1-Jan-1970 "));
  EXPECT_FALSE(parse_day(" 1-Jan-1970"));
  EXPECT_FALSE(parse_day("1-Jan-70"));
  EXPECT_FALSE(parse_day("29-Feb-1999"));
  // date-year of RFC 3501 is any four digits.
  EXPECT_EQ(parse_day("1-Jan-0001"), -719'162);
  EXPECT_EQ(parse_day("1-Jan-0000"), -719'528);
  EXPECT_EQ(parse_day("29-Feb-0000"), -719'469);
  EXPECT_EQ(parse_day("1-Mar-0000"), -719'468);
  EXPECT_EQ(parse_day("31-Dec-9999"), 2'932'896);
}

TEST(DateTest, WritesAnyTime) {
  EXPECT_EQ(format_date(-1), "Wed, 31 Dec 1969 23:59:59 +0000");
  EXPECT_FALSE(format_date(INT64_MAX, 840).empty());
  EXPECT_FALSE(format_internal_date(INT64_MIN, -840).empty());
}

}  // namespace
}  // namespace mail::mime
