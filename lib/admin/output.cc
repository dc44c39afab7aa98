#include "admin/output.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
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
  for (const char c : scrub_utf8(text)) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += "\\u00" + hex(std::string_view(&c, 1));
    } else {
      out += c;
    }
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

}  // namespace

std::string printable(std::string_view text) {
  if (plain(text)) return std::string(text);
  std::string out;
  for (const char c : scrub_utf8(text)) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += "\\x" + hex(std::string_view(&c, 1));
    } else {
      out += c;
    }
  }
  return out;
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
  const auto widest = columns == Columns::Aligned
                          ? widths(records)
                          : std::vector<std::size_t>();
  std::string out;
  for (const Record& record : records) {
    std::string line;
    for (std::size_t i = 0; i < record.size(); ++i) {
      const std::string value = to_text(record[i].value);
      line += value;
      if (i + 1 == record.size()) break;
      if (columns == Columns::Tabs) {
        line += '\t';
      } else {
        line.append(widest[i] - value.size() + 2, ' ');
      }
    }
    out += line + "\n";
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

std::string time_text(Micros time) {
  if (time == 0) return "-";
  const std::time_t seconds = time / kSecond;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

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
