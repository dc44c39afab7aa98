#include "mime/date.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/ascii.h"
#include "mime/scan.h"

namespace mail::mime {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kWeekdays = {
    "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};  // 1970-01-01 was one

// RFC 5322 4.3; single letters and unknown names are -0000.
constexpr std::array<std::pair<std::string_view, int>, 12> kZones = {
    {{"EDT", -240},
     {"EST", -300},
     {"CDT", -300},
     {"CST", -360},
     {"MDT", -360},
     {"MST", -420},
     {"PDT", -420},
     {"PST", -480},
     {"CET", 60},
     {"CEST", 120},
     {"BST", 60},
     {"JST", 540}}};

// Dates are short; what follows is not looked at.
constexpr std::size_t kLongest = 500;

constexpr int kMinutesPerDay = 24 * 60;

struct Fields {
  int year = -1;
  int month = 0;
  int day = 0;
  int hour = -1;
  int minute = 0;
  int second = 0;
  int zone = 0;
};

bool is_leap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_in_month(int year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30,
                                         31, 31, 30, 31, 30, 31};
  if (month == 2 && is_leap(year)) return 29;
  return kDays[static_cast<std::size_t>(month - 1)];
}

// Days since 1970-01-01 in the Gregorian calendar; years begin in March here,
// so that the leap day is their last.
std::int64_t days_since_epoch(int year, int month, int day) {
  const int y = month <= 2 ? year - 1 : year;
  const int era = (y >= 0 ? y : y - 399) / 400;
  const int of_era = y - era * 400;
  const int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
  return std::int64_t{era} * 146'097 + days - 719'468;
}

struct Civil {
  int year, month, day;
};

Civil civil(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const auto of_era = static_cast<int>(days - era * 146'097);
  const int year =
      (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
  const int of_year = of_era - (365 * year + year / 4 - year / 100);
  const int m = (5 * of_year + 2) / 153;
  const int month = m < 10 ? m + 3 : m - 9;
  return {year + static_cast<int>(era) * 400 + (month <= 2 ? 1 : 0), month,
          of_year - (153 * m + 2) / 5 + 1};
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

// RFC 5322 3.3: from 1900 on; RFC 3501 has four digits and no more to say.
enum class Years { Header, Any };

std::optional<DateTime> assemble(const Fields& f, Years years) {
  const int first = years == Years::Header ? 1900 : 0;
  const bool good = f.year >= first && f.year <= 9999 && f.month >= 1 &&
                    f.month <= 12 && f.day >= 1 && f.hour >= 0 &&
                    f.hour <= 23 && f.minute <= 59 && f.second <= 60;
  if (!good || f.day > days_in_month(f.year, f.month)) return std::nullopt;
  const std::int64_t days = days_since_epoch(f.year, f.month, f.day);
  return DateTime{days * kDay + f.hour * kHour + (f.minute - f.zone) * kMinute +
                      f.second * kSecond,
                  f.zone};
}

int month_number(std::string_view word) {
  if (word.size() < 3) return 0;
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (has_prefix(word, kMonths[i])) return static_cast<int>(i) + 1;
  }
  return 0;
}

int zone_minutes(std::string_view name) {
  for (const auto& [zone, minutes] : kZones) {
    if (same_text(name, zone)) return minutes;
  }
  return 0;
}

// "0600" and "600" are hours and minutes, "06" and "6" hours.
int zone_minutes(int number, std::size_t digits) {
  if (digits <= 2) number *= 100;
  const int minutes = number / 100 * 60 + number % 100;
  return number % 100 > 59 || minutes >= kMinutesPerDay ? 0 : minutes;
}

// RFC 5322 4.3: 00 to 49 are 2000 on, 50 to 99 and three digits 1900 on.
int full_year(int number, std::size_t digits) {
  if (digits >= 4) return number;
  if (digits == 3 || number >= 50) return number + 1900;
  return number + 2000;
}

// Reads one token after the other and decides by its kind what it is.
class DateReader {
 public:
  explicit DateReader(std::string_view text)
      : scan_(text.substr(0, kLongest)) {}

  std::optional<DateTime> run();

 private:
  void number();
  void word();
  void sign();
  void time(int hour);
  std::pair<int, std::size_t> digits();

  Scanner scan_;
  Fields fields_;
};

std::optional<DateTime> DateReader::run() {
  for (;;) {
    scan_.skip_blank();
    if (scan_.at_end()) return assemble(fields_, Years::Header);
    const char c = scan_.peek();
    if (is_digit(c)) {
      number();
    } else if (is_alpha(c)) {
      word();
    } else if (c == '+' || c == '-') {
      sign();
    } else {
      scan_.skip(1);
    }
  }
}

// The number at the front and how many digits it has; too long is -1.
std::pair<int, std::size_t> DateReader::digits() {
  int value = 0;
  std::size_t count = 0;
  while (is_digit(scan_.peek())) {
    if (count < 9) value = value * 10 + (scan_.peek() - '0');
    ++count;
    scan_.skip(1);
  }
  return {count < 9 ? value : -1, count};
}

void DateReader::number() {
  const auto [value, count] = digits();
  scan_.skip_blank();
  if (fields_.hour < 0 && scan_.peek() == ':') return time(value);
  if (fields_.day == 0 && count <= 2) {
    fields_.day = value;
  } else if (fields_.year < 0) {
    fields_.year = full_year(value, count);
  }
}

// ":minute:second", blanks around the colons (obs-hour ...).
void DateReader::time(int hour) {
  fields_.hour = hour;
  for (int* field : {&fields_.minute, &fields_.second}) {
    scan_.skip_blank();
    if (!scan_.take(':')) return;
    scan_.skip_blank();
    const int value = digits().first;
    *field = value < 0 ? 99 : value;
  }
  if (scan_.take('.')) digits();
}

void DateReader::word() {
  const std::string_view rest = scan_.rest();
  std::size_t length = 0;
  while (length < rest.size() && is_alpha(rest[length])) ++length;
  scan_.skip(length);
  const std::string_view text = rest.substr(0, length);
  if (fields_.month == 0) fields_.month = month_number(text);
  if (fields_.hour >= 0) fields_.zone = zone_minutes(text);
}

// A zone, behind the time; else the dash of "21-Nov-1997".
void DateReader::sign() {
  const bool west = scan_.peek() == '-';
  scan_.skip(1);
  if (fields_.hour < 0 || !is_digit(scan_.peek())) return;
  auto [value, count] = digits();
  if (count == 2 && scan_.take(':')) {
    value = value * 100 + digits().first;
    count = 4;
  }
  const int minutes = value < 0 ? 0 : zone_minutes(value, count);
  fields_.zone = west ? -minutes : minutes;
}

std::optional<int> fixed_number(std::string_view text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  const auto number = parse_number(text.substr(0, width));
  if (!number) return std::nullopt;
  return static_cast<int>(*number);
}

// "1-Feb-1994" or "01-Feb-1994" at the front; taken off.
std::optional<Fields> take_day(std::string_view& text) {
  const std::size_t dash = text.find('-');
  if (dash == 0 || dash > 2 || text.size() < dash + 9) return std::nullopt;
  Fields fields;
  const auto day = fixed_number(text, dash);
  const auto month = month_number(text.substr(dash + 1, 3));
  const auto year = fixed_number(text.substr(dash + 5), 4);
  if (!day || month == 0 || text[dash + 4] != '-' || !year) {
    return std::nullopt;
  }
  fields.day = *day;
  fields.month = month;
  fields.year = *year;
  text.remove_prefix(dash + 9);
  return fields;
}

struct Local {
  Civil date;
  std::int64_t day;
  int hour, minute, second;
};

// Outside of the years 0 to 9999 no format of ours has room.
Local local_time(Micros time, int zone) {
  constexpr std::int64_t kFirst = -719'528 * 86'400LL;
  constexpr std::int64_t kLast = 2'932'896 * 86'400LL + 86'399;
  const std::int64_t seconds = std::clamp(
      floor_divide(time, kSecond) + std::int64_t{zone} * 60, kFirst, kLast);
  const std::int64_t day = floor_divide(seconds, 86'400);
  const auto rest = static_cast<int>(seconds - day * 86'400);
  return {civil(day), day, rest / 3'600, rest / 60 % 60, rest % 60};
}

// "21 Nov 1997" or "21-Nov-1997", the time and the zone.
std::string format(const Local& at, int zone, char separator) {
  const std::string month(kMonths[static_cast<std::size_t>(at.date.month - 1)]);
  const int minutes = zone < 0 ? -zone : zone;
  std::array<char, 64> out;
  std::snprintf(out.data(), out.size(),
                "%02d%c%s%c%04d %02d:%02d:%02d %c%02d%02d", at.date.day,
                separator, month.c_str(), separator, at.date.year, at.hour,
                at.minute, at.second, zone < 0 ? '-' : '+', minutes / 60 % 100,
                minutes % 60);
  return out.data();
}

}  // namespace

std::int64_t DateTime::day() const {
  return floor_divide(time + zone * kMinute, kDay);
}

std::optional<DateTime> parse_date(std::string_view text) {
  return DateReader(text).run();
}

std::string format_date(Micros time, int zone) {
  const Local at = local_time(time, zone);
  const auto weekday = static_cast<std::size_t>((at.day % 7 + 7) % 7);
  return std::string(kWeekdays[weekday]) + ", " + format(at, zone, ' ');
}

std::optional<DateTime> parse_internal_date(std::string_view text) {
  if (text.size() != 26) return std::nullopt;
  if (text.starts_with(' ')) text.remove_prefix(1);
  auto fields = take_day(text);
  // " 02:44:25 -0700"
  if (!fields || text.size() != 15) return std::nullopt;
  const bool shape = text[0] == ' ' && text[3] == ':' && text[6] == ':' &&
                     text[9] == ' ' && (text[10] == '+' || text[10] == '-');
  const auto hour = fixed_number(text.substr(1), 2);
  const auto minute = fixed_number(text.substr(4), 2);
  const auto second = fixed_number(text.substr(7), 2);
  const auto zone = fixed_number(text.substr(11), 4);
  if (!shape || !hour || !minute || !second || !zone) return std::nullopt;
  if (*zone % 100 > 59 || *zone >= 2400) return std::nullopt;
  fields->hour = *hour;
  fields->minute = *minute;
  fields->second = *second;
  fields->zone = zone_minutes(*zone, 4) * (text[10] == '-' ? -1 : 1);
  return assemble(*fields, Years::Any);
}

std::string format_internal_date(Micros time, int zone) {
  return format(local_time(time, zone), zone, '-');
}

std::optional<std::int64_t> parse_day(std::string_view text) {
  auto fields = take_day(text);
  if (!fields || !text.empty()) return std::nullopt;
  fields->hour = 0;
  const auto date = assemble(*fields, Years::Any);
  if (!date) return std::nullopt;
  return date->day();
}

}  // namespace mail::mime
