// Output: what mailctl prints, for people and for programs.
//
// A record is a row of named values.  As text, a list is one line a record,
// the values parted by tabs (aligned columns on a terminal), and a single
// record is one "name: value" a line.  As JSON, a list is an array of
// objects.  Control characters never reach the terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"

namespace mail::admin {

using Value = std::variant<std::string, std::int64_t, bool,
                           std::vector<std::string>>;

struct Field {
  std::string name;
  Value value;
};
using Record = std::vector<Field>;

std::string to_json(const Value& value);
std::string to_json(const Record& record);

enum class Columns { Tabs, Aligned };
std::string to_lines(const std::vector<Record>& records, Columns columns);
std::string to_paragraph(const Record& record);

// "2026-08-01T12:00:00Z"; "-" for 0.
std::string time_text(Micros time);

// Text as a terminal may see it: control characters as "\x1b".
std::string printable(std::string_view text);

// A line for people to standard error, beside what is printed.
void remark(std::string_view text);

enum class Format { Text, Json };

// Prints to standard output.
class Output {
 public:
  void choose(Format format) { format_ = format; }
  Format format() const { return format_; }

  void list(const std::vector<Record>& records) const;
  void one(const Record& record) const;

  // What was done: a sentence for people, a record for programs.
  void done(std::string_view sentence, const Record& record) const;

 private:
  Format format_ = Format::Text;
};

// Prints a list of any length while it is made: nothing of it is kept.  On a
// terminal the columns are aligned page by page.
class ListPrinter {
 public:
  explicit ListPrinter(const Output& output) : output_(output) {}
  void add(Record record);
  void finish();

 private:
  void print_page();

  const Output& output_;
  std::vector<Record> page_;
  bool begun_ = false;
};

}  // namespace mail::admin
