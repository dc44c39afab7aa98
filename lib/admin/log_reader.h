// Reading the log back: logfmt lines (base/log.h) into their fields.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mail::admin {

using LogLine = std::vector<std::pair<std::string, std::string>>;

// The fields of a line; what stands in front of the first one (a service
// manager's time and name) comes under the name "at".  Nothing when there is
// no field at all.
std::optional<LogLine> read_log_line(std::string_view line);

// Whether a field has this value, case apart.
bool mentions(const LogLine& line, std::string_view id);

}  // namespace mail::admin
