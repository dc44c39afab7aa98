#include "admin/trace.h"

#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>

#include "base/ascii.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/process.h"

namespace mail::admin {
namespace {

constexpr std::size_t kLongestLine = 64 << 10;
constexpr std::size_t kMostLines = 10'000;

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

TraceCommand::TraceCommand(Options& options, Context& context)
    : context_(context) {
  Options& trace = options.command("trace", "the log lines of one message",
                                   [this] { return run(); });
  trace.argument("id", id_, "the message's id");
  trace.optional_arguments("file", files_,
                           "log files; none: standard input");
}

void TraceCommand::take(std::string_view line,
                        std::vector<Record>& records) {
  if (line.find(id_) == line.npos || records.size() >= kMostLines) return;
  const auto fields = read_log_line(line);
  if (!fields || !mentions(*fields, id_)) return;
  if (context_.output().format() == Format::Text) {
    records.push_back({{"line", std::string(line)}});
    return;
  }
  Record record;
  for (const auto& [name, value] : *fields) record.push_back({name, value});
  records.push_back(std::move(record));
}

void TraceCommand::read(int file, std::vector<Record>& records) {
  std::string kept;
  std::string buffer(64 << 10, '\0');
  for (;;) {
    const auto count = ::read(file, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno("read the log");
    if (count == 0) break;
    kept.append(buffer, 0, static_cast<std::size_t>(count));
    std::size_t start = 0;
    for (auto end = kept.find('\n'); end != kept.npos;
         end = kept.find('\n', start)) {
      take(std::string_view(kept).substr(start, end - start), records);
      start = end + 1;
    }
    kept.erase(0, start);
    if (kept.size() > kLongestLine) kept.clear();
  }
  if (!kept.empty()) take(kept, records);
}

int TraceCommand::run() {
  std::vector<Record> records;
  if (files_.empty()) read(STDIN_FILENO, records);
  for (const std::string& path : files_) {
    read(open_file(path, O_RDONLY | O_CLOEXEC).number(), records);
  }
  context_.output().list(records);
  return records.empty() ? EX_DATAERR : 0;
}

}  // namespace mail::admin
