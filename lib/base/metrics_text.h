// MetricsText: what the daemons have counted, in Prometheus' text form.
//
//   prometheus_text("/run/staunch")
//
// https://prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4.
// Reads the files of base/metrics.h without asking their daemons.  A file
// that is not one, or of a program with another table, is named in a comment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/metric_table.h"

namespace mail {

std::string prometheus_text(const std::string& run_folder);

// How much a counter of that program has come to, all labels together, since
// the program was started; nothing when it does not run.
std::optional<std::int64_t> counted(const std::string& run_folder,
                                    const std::string& program, Metric metric);

// Whether a program that counts there runs, be it busy or hanging.
bool runs(const std::string& run_folder, const std::string& program);

}  // namespace mail
