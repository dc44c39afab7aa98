// The log: one logfmt line an event on standard error.
//
//   log_info("delivered", {{"id", id}, {"to", address}, {"delay", 1.4}});
//     id=0PX3 event=delivered to=ann@example.org delay=1.4
//
// The field "id" always comes first, then the event, then the rest.  Four
// levels by consequence: debug (shown with -v), info (a fact about a message
// or a session), warn (someone should look this week), error (someone should
// look today).  Lines of warn and error say so in a field level=.  Never a
// body, a subject or a secret.  Values are quoted and cleaned of control
// characters here, so that no peer can write a line of its own.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace mail {

struct LogField {
  LogField(std::string_view name, std::string_view text)
      : key(name), value(text) {}
  LogField(std::string_view name, const std::string& text)
      : key(name), value(text) {}
  LogField(std::string_view name, const char* text)
      : key(name), value(text) {}
  LogField(std::string_view name, std::integral auto number)
      : key(name), value(std::to_string(number)) {}
  // Three digits after the point: seconds down to milliseconds.
  LogField(std::string_view name, double number);

  std::string_view key;
  std::string value;
};

using LogFields = std::initializer_list<LogField>;

void log_debug(std::string_view event, LogFields fields = {});
void log_info(std::string_view event, LogFields fields = {});
void log_warn(std::string_view event, LogFields fields = {});
void log_error(std::string_view event, LogFields fields = {});

// Shows debug lines from now on.  Set once, by the option -v, before any
// thread exists.
void show_debug_lines();

// For tools that print what they did themselves; without effect after
// show_debug_lines().
void hide_info_lines();

// The line as it is written, without its newline; for tests.
std::string log_line(std::string_view level, std::string_view event,
                     LogFields fields);

}  // namespace mail
