// Lines of a log, which quote what strangers said, read back and printed.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "admin/log_reader.h"
#include "admin/output.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace mail::admin;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto line = read_log_line(text)) {
    Record record;
    for (const auto& [name, value] : *line) record.push_back({name, value});
    to_json(record);
    mentions(*line, "0PX3");
  }
  // Nothing that could move a terminal's cursor comes through.
  for (const char c : printable(text)) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) __builtin_trap();
  }
  return 0;
}
