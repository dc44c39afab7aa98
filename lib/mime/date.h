// Dates: those of header fields (RFC 5322 3.3, 4.3) and of IMAP (RFC 3501).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace mail::mime {

struct DateTime {
  Micros time = 0;  // UTC
  int zone = 0;     // minutes east of UTC

  // The date as written, in days since 1970-01-01: what IMAP's SENTBEFORE,
  // SENTON and SENTSINCE compare ("disregarding time and timezone").
  std::int64_t day() const;

  bool operator==(const DateTime&) const = default;
};

// "Fri, 21 Nov 1997 09:55:06 -0600", with comments, obsolete zones and years
// of two digits; also without the weekday, the seconds or the zone, and in
// the order of asctime(3).  Nothing when there is no date in it.
std::optional<DateTime> parse_date(std::string_view text);

// "Fri, 21 Nov 1997 09:55:06 -0600"
std::string format_date(Micros time, int zone = 0);

// date-time of RFC 3501 without its quotes: "17-Jul-1996 02:44:25 -0700";
// a day of one digit stands behind a space or a 0.
std::optional<DateTime> parse_internal_date(std::string_view text);
std::string format_internal_date(Micros time, int zone = 0);

// date of RFC 3501 ("1-Feb-1994", without quotes) in days since 1970-01-01.
std::optional<std::int64_t> parse_day(std::string_view text);

}  // namespace mail::mime
