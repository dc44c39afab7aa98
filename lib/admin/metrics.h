// mailctl metrics: what the daemons have counted, for Prometheus.
#pragma once

#include "admin/context.h"

namespace mail::admin {

class MetricsCommand {
 public:
  MetricsCommand(Options& options, Context& context);

 private:
  int show();

  Context& context_;
};

// A line of Prometheus' text, as a record: name, each label, value; nothing
// for a comment.
Record sample_record(std::string_view line);

}  // namespace mail::admin
