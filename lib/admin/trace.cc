#include "admin/trace.h"

#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>

#include "admin/log_reader.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/process.h"

namespace mail::admin {
namespace {

constexpr std::size_t kLongestLine = 64 << 10;
constexpr std::size_t kMostLines = 10'000;

}  // namespace

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
  if (!records.empty()) return 0;
  throw Exit(EX_DATAERR, "no line of the log is about " + id_);
}

}  // namespace mail::admin
