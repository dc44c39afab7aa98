// Metrics: what a daemon counts, in memory that `mailctl metrics` reads.
//
//   const Metrics metrics(settings.run_folder(), "smtpd");  // the parent
//   count(Metric::Connections, "smtp");                     // anywhere
//   observe(Metric::SmtpAcceptTime, steady_time() - begun);
//
// The cells lie in a small mapped file, run/NAME.metrics, shared by a parent
// and its workers: counting is one addition, nobody is asked to read them,
// and they begin anew with the daemon.  Like the log this is an outlet of the
// whole process: opened before the first fork, without effect when it is not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fd.h"
#include "base/metric_table.h"

namespace mail {

// One more, or `by` more.  A label that the table does not have counts as
// "other".
void count(Metric metric, std::string_view label = {}, std::uint64_t by = 1);

// How long something took.
void observe(Metric metric, Micros time, std::string_view label = {});

// A number as it is now; each gauge is set by one process only.
void set_gauge(Metric metric, std::int64_t value, std::string_view label = {});

// Workers of a daemon count in cells of their own, so that they do not wait
// for each other's; the supervisor says so in each child.
void use_metrics_column(int number);

class Metrics {
 public:
  // Makes the file anew, readable by its group.  Trouble is a line in the
  // log: mail goes without being counted.
  Metrics(const std::string& run_folder, const std::string& program);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

 private:
  const char* open(const std::string& path);

  Fd file_;  // locked for as long as the daemon lives
  void* memory_ = nullptr;
};

inline constexpr std::size_t kMetricsColumns = 16;
inline constexpr std::size_t kMetricsHeader = 64;
inline constexpr std::string_view kMetricsMagic = "STMETR01";

// Bytes of the file: header, and columns of cells.
std::size_t metrics_file_size();

}  // namespace mail
