#include "base/log.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/ascii.h"
#include "base/text.h"

namespace mail {
namespace {

bool debug_lines = false;  // both set once, before any thread
bool info_lines = true;

bool plain(std::string_view text) {
  if (text.empty() || !is_utf8(text)) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ' || c == '"' || c == '=' || c == '\\' ||
        control_length(text.substr(i)) > 0) {
      return false;
    }
  }
  return true;
}

// An eight-bit terminal would take bytes that are no UTF-8 for C1 controls.
std::string quoted(std::string_view value) {
  const std::string clean = scrub_utf8(value);
  std::string_view text = clean;
  std::string out = "\"";
  while (!text.empty()) {
    const char c = text.front();
    const std::size_t length = control_length(text);
    if (c == '"' || c == '\\') out += '\\';
    out += length > 0 ? '?' : c;
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out + '"';
}

void append(std::string& line, const LogField& field) {
  if (!line.empty()) line += ' ';
  line += field.key;
  line += '=';
  line += plain(field.value) ? field.value : quoted(field.value);
}

void emit(std::string_view level, std::string_view event, LogFields fields) {
  const std::string line = log_line(level, event, fields) + '\n';
  // One write, so that lines of several processes never mix.  A log that
  // cannot be written must not stop the mail.
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;
}

}  // namespace

LogField::LogField(std::string_view name, double number) : key(name) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.3f", number);
  value = digits;
}

std::string log_line(std::string_view level, std::string_view event,
                     LogFields fields) {
  std::string line;
  for (const LogField& field : fields) {
    if (field.key == "id") append(line, field);
  }
  append(line, {"event", event});
  if (!level.empty()) append(line, {"level", level});
  for (const LogField& field : fields) {
    if (field.key != "id") append(line, field);
  }
  return line;
}

void log_debug(std::string_view event, LogFields fields) {
  if (debug_lines) emit("debug", event, fields);
}
void log_info(std::string_view event, LogFields fields) {
  if (info_lines) emit("", event, fields);
}
void log_warn(std::string_view event, LogFields fields) {
  emit("warn", event, fields);
}
void log_error(std::string_view event, LogFields fields) {
  emit("error", event, fields);
}

void show_debug_lines() { debug_lines = info_lines = true; }
void hide_info_lines() { info_lines = debug_lines; }

}  // namespace mail
