// What is read as a date is written so that it reads the same.
#include <cstdint>
#include <string_view>

#include "base/fault.h"
#include "mime/date.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace mail::mime;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto date = parse_date(text)) {
    // 9999-12-31 23:59:60 is the only one that has no writing.
    const auto again = parse_date(format_date(date->time, date->zone));
    mail::require(!again || *again == *date, "date changed");
    (void)date->day();
  }
  if (const auto date = parse_internal_date(text)) {
    const auto again =
        parse_internal_date(format_internal_date(date->time, date->zone));
    mail::require(!again || *again == *date, "internal date changed");
  }
  (void)parse_day(text);
  return 0;
}
