// mailctl trace: all that the log says about one message.
//
// Reads logfmt lines (base/log.h), from files or standard input, whatever a
// service manager put in front of them, and prints those with a field whose
// value is the id.  Ids that appear in them as parent= or child= (a bounce,
// a copy) are not followed: trace them in turn.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin/context.h"

namespace mail::admin {

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
