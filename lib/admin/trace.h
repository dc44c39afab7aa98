// mailctl trace: all that the log says about one message.
//
// Reads logfmt lines (base/log.h), from files or standard input, whatever a
// service manager put in front of them, and prints those with a field whose
// value is the id.  Ids that appear in them as parent= or child= (a bounce,
// a copy) are not followed: trace them in turn.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/context.h"

namespace mail::admin {

using LogLine = std::vector<std::pair<std::string, std::string>>;

// The fields of a line; what stands in front of the first one comes under
// the name "at".  Nothing when there is no field at all.
std::optional<LogLine> read_log_line(std::string_view line);

bool mentions(const LogLine& line, std::string_view id);

class TraceCommand {
 public:
  TraceCommand(Options& options, Context& context);

 private:
  int run();
  void read(int file, std::vector<Record>& records);
  void take(std::string_view line, std::vector<Record>& records);

  Context& context_;
  std::string id_;
  std::vector<std::string> files_;
};

}  // namespace mail::admin
