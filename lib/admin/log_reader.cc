#include "admin/log_reader.h"

#include "base/ascii.h"

namespace mail::admin {
namespace {

bool is_name_char(char c) {
  return is_alpha(c) || is_digit(c) || c == '_' || c == '-';
}

// A value from `at` on: in quotes, with backslashes, or up to a blank.
std::string take_value(std::string_view line, std::size_t& at) {
  std::string value;
  if (at >= line.size() || line[at] != '"') {
    while (at < line.size() && line[at] != ' ') value += line[at++];
    return value;
  }
  for (++at; at < line.size() && line[at] != '"'; ++at) {
    if (line[at] == '\\' && at + 1 < line.size()) ++at;
    value += line[at];
  }
  if (at < line.size()) ++at;
  return value;
}

}  // namespace

std::optional<LogLine> read_log_line(std::string_view line) {
  LogLine fields;
  std::string before;
  std::size_t at = 0;
  while (at < line.size()) {
    std::size_t end = at;
    while (end < line.size() && is_name_char(line[end])) ++end;
    if (end > at && end < line.size() && line[end] == '=') {
      std::string name(line.substr(at, end - at));
      at = end + 1;
      fields.emplace_back(std::move(name), take_value(line, at));
    } else {
      end = std::min(line.find(' ', at), line.size());
      if (fields.empty()) {
        before += (before.empty() ? "" : " ");
        before += line.substr(at, end - at);
      }
      at = end;
    }
    while (at < line.size() && line[at] == ' ') ++at;
  }
  if (fields.empty()) return std::nullopt;
  if (!before.empty()) fields.insert(fields.begin(), {"at", before});
  return fields;
}

bool mentions(const LogLine& line, std::string_view id) {
  for (const auto& [name, value] : line) {
    if (name != "at" && same_text(value, id)) return true;
  }
  return false;
}

}  // namespace mail::admin
