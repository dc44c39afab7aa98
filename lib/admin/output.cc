#include "admin/output.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include "base/ascii.h"
#include "base/fault.h"
#include "base/text.h"

namespace mail::admin {
namespace {

constexpr std::size_t kPage = 1000;  // records

// Nearly all text there is.
bool plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
  });
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  if (plain(text)) return out.append(text) + '"';
  const std::string clean = scrub_utf8(text);
  for (std::string_view rest = clean; !rest.empty();) {
    const char c = rest.front();
    const std::size_t length = control_length(rest);
    if (length == 1) {
      out += "\\u00" + hex(rest.substr(0, 1));
    } else if (length > 1) {
      out += without_controls(rest.substr(0, length));  // as JSON has it
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    rest.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out + '"';
}

struct ToJson {
  std::string operator()(const std::string& text) const {
    return json_string(text);
  }
  std::string operator()(std::int64_t number) const {
    return std::to_string(number);
  }
  std::string operator()(bool answer) const {
    return answer ? "true" : "false";
  }
  std::string operator()(const std::vector<std::string>& list) const {
    std::string out = "[";
    for (const std::string& text : list) {
      if (out.size() > 1) out += ",";
      out += json_string(text);
    }
    return out + "]";
  }
};

struct ToText {
  std::string operator()(const std::string& text) const {
    return text.empty() ? "-" : printable(text);
  }
  std::string operator()(std::int64_t number) const {
    return std::to_string(number);
  }
  std::string operator()(bool answer) const { return answer ? "yes" : "no"; }
  std::string operator()(const std::vector<std::string>& list) const {
    std::string out;
    for (const std::string& text : list) {
      if (!out.empty()) out += " ";
      out += printable(text);
    }
    return out.empty() ? "-" : out;
  }
};

std::string to_text(const Value& value) { return std::visit(ToText{}, value); }

std::vector<std::size_t> widths(const std::vector<Record>& records) {
  std::vector<std::size_t> widest;
  for (const Record& record : records) {
    widest.resize(std::max(widest.size(), record.size()));
    for (std::size_t i = 0; i < record.size(); ++i) {
      widest[i] = std::max(widest[i], to_text(record[i].value).size());
    }
  }
  return widest;
}

void print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
      std::fflush(stdout) != 0) {
    throw_errno("standard output");
  }
}

// A list of a million has two million times: strftime(3) would be a tenth of
// what it takes.
void put_digits(std::string& text, std::size_t at, int count, long value) {
  for (int i = count - 1; i >= 0; --i, value /= 10) {
    text[at + static_cast<std::size_t>(i)] =
        static_cast<char>('0' + value % 10);
  }
}

std::string utc_text(Micros time) {
  namespace chrono = std::chrono;
  const chrono::sys_seconds moment{chrono::seconds(time / kSecond)};
  const auto day = chrono::floor<chrono::days>(moment);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(moment - day);
  constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  std::string text(kForm);
  put_digits(text, 0, 4, static_cast<int>(date.year()));
  put_digits(text, 5, 2, static_cast<unsigned>(date.month()));
  put_digits(text, 8, 2, static_cast<unsigned>(date.day()));
  put_digits(text, 11, 2, clock.hours().count());
  put_digits(text, 14, 2, clock.minutes().count());
  put_digits(text, 17, 2, clock.seconds().count());
  return text;
}

}  // namespace

void remark(std::string_view text) {
  std::fprintf(stderr, "mailctl: %s\n", printable(text).c_str());
}

std::string printable(std::string_view text) {
  if (plain(text)) return std::string(text);
  return without_controls(scrub_utf8(text));
}

std::string to_json(const Value& value) { return std::visit(ToJson{}, value); }

std::string to_json(const Record& record) {
  std::string out = "{";
  for (const Field& field : record) {
    if (out.size() > 1) out += ",";
    out += json_string(field.name) + ":" + to_json(field.value);
  }
  return out + "}";
}

std::string to_lines(const std::vector<Record>& records, Columns columns) {
  const auto widest = columns == Columns::Aligned ? widths(records)
                                                  : std::vector<std::size_t>();
  std::string out;
  for (const Record& record : records) {
    for (std::size_t i = 0; i < record.size(); ++i) {
      const std::string value = to_text(record[i].value);
      out += value;
      if (i + 1 == record.size()) break;
      if (columns == Columns::Tabs) {
        out += '\t';
      } else {
        out.append(widest[i] - value.size() + 2, ' ');
      }
    }
    out += '\n';
  }
  return out;
}

std::string to_paragraph(const Record& record) {
  std::string out;
  for (const Field& field : record) {
    out += field.name + ": " + to_text(field.value) + "\n";
  }
  return out;
}

std::string time_text(Micros time) { return time == 0 ? "-" : utc_text(time); }

void Output::list(const std::vector<Record>& records) const {
  ListPrinter printer(*this);
  for (const Record& record : records) printer.add(record);
  printer.finish();
}

void ListPrinter::add(Record record) {
  page_.push_back(std::move(record));
  if (page_.size() == kPage) print_page();
}

void ListPrinter::print_page() {
  std::string out;
  if (output_.format() == Format::Text) {
    const bool terminal = ::isatty(STDOUT_FILENO) == 1;
    out = to_lines(page_, terminal ? Columns::Aligned : Columns::Tabs);
  } else {
    for (const Record& record : page_) {
      out += std::exchange(begun_, true) ? ",\n " : "[";
      out += to_json(record);
    }
  }
  print(out);
  page_.clear();
}

void ListPrinter::finish() {
  print_page();
  if (output_.format() == Format::Json) print(begun_ ? "]\n" : "[]\n");
}

void Output::one(const Record& record) const {
  print(format_ == Format::Json ? to_json(record) + "\n"
                                : to_paragraph(record));
}

void Output::done(std::string_view sentence, const Record& record) const {
  print(format_ == Format::Json ? to_json(record) + "\n"
                                : std::string(sentence) + "\n");
}

}  // namespace mail::admin
