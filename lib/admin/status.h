// mailctl status: whether everything runs, and how much there is of what.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "admin/context.h"
#include "spool/queue_control.h"

namespace mail::admin {

class StatusCommand {
 public:
  StatusCommand(Options& options, Context& context);

 private:
  int show();
  std::vector<Record> services();
  std::string_view state_of_scheduler();
  bool add_counts(Record& record);  // whether the directory can be read

  Context& context_;
  std::optional<spool::QueueStatus> queue_;
};

}  // namespace mail::admin
