// mailctl status: whether everything runs, and how much there is of what.
#pragma once

#include "admin/context.h"

namespace mail::admin {

class StatusCommand {
 public:
  StatusCommand(Options& options, Context& context);

 private:
  int show();
  std::vector<Record> services();
  void add_counts(Record& record);

  Context& context_;
};

}  // namespace mail::admin
