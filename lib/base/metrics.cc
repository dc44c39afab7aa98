// The file: "STMETR01", 16 bytes of the table's fingerprint, 8 of the start in
// microseconds, zeros up to 64 bytes; then the columns, each of all cells in
// the machine's own 64-bit numbers.

#include "base/metrics.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/log.h"

namespace mail {
namespace {

using Cell = std::atomic<std::uint64_t>;
static_assert(Cell::is_always_lock_free && sizeof(Cell) == 8);

// Both set before the first thread of their process.
Cell* cells = nullptr;
std::size_t column = 0;

Cell& cell(std::size_t number, std::size_t in_column) {
  return cells[in_column * cell_count() + number];
}

// The first cell of the label's value.
std::size_t place(const MetricFamily& family, std::string_view label) {
  const auto value = std::ranges::find(family.values, label);
  const auto number =
      static_cast<std::size_t>(value - family.values.begin());
  return first_cell(family.metric) +
         (family.label.empty() ? 0 : number * cells_of_value(family));
}

void add(std::size_t number, std::uint64_t by) {
  cell(number, column).fetch_add(by, std::memory_order_relaxed);
}

}  // namespace

void count(Metric metric, std::string_view label, std::uint64_t by) {
  if (cells != nullptr) add(place(family_of(metric), label), by);
}

void observe(Metric metric, Micros time, std::string_view label) {
  if (cells == nullptr) return;
  const auto bounds = histogram_bounds();
  const Micros taken = std::max<Micros>(time, 0);
  const double seconds = static_cast<double>(taken) / kSecond;
  const auto bucket = static_cast<std::size_t>(
      std::ranges::lower_bound(bounds, seconds) - bounds.begin());
  const std::size_t first = place(family_of(metric), label);
  add(first + bucket, 1);
  add(first + bounds.size() + 1, static_cast<std::uint64_t>(taken));
}

void set_gauge(Metric metric, std::int64_t value, std::string_view label) {
  if (cells == nullptr) return;
  cell(place(family_of(metric), label), 0)
      .store(static_cast<std::uint64_t>(value), std::memory_order_relaxed);
}

void use_metrics_column(int number) {
  column = static_cast<std::size_t>(number) % kMetricsColumns;
}

std::size_t metrics_file_size() {
  return kMetricsHeader + kMetricsColumns * cell_count() * sizeof(Cell);
}

Metrics::Metrics(const std::string& run_folder, const std::string& program) {
  const std::string path = run_folder + "/" + program + ".metrics";
  const char* failed = open(path);
  if (failed == nullptr) return;
  log_warn("no-metrics", {{"file", path},
                          {"reason", std::string(failed) + ": " +
                                         std::strerror(errno)}});
}

// The call that failed; nothing when all is well.
const char* Metrics::open(const std::string& path) {
  // Never the file of a daemon that still lives: a new one takes its name.
  ::unlink(path.c_str());
  file_ = Fd(::open(path.c_str(),
                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file_) return "open";
  const int file = file_.number();
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) return "flock";
  // Room for all of it: a full disk must not be met by a counter (SIGBUS).
  const auto size = metrics_file_size();
  errno = ::posix_fallocate(file, 0, static_cast<off_t>(size));
  if (errno != 0) return "fallocate";
  if (::fchmod(file, 0640) != 0) return "chmod";
  void* memory =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) return "mmap";
  memory_ = memory;
  auto* const bytes = static_cast<char*>(memory);
  const Micros started = wall_time();
  const std::string fingerprint = table_fingerprint();
  std::memcpy(bytes + kMetricsMagic.size(), fingerprint.data(), 16);
  std::memcpy(bytes + kMetricsMagic.size() + 16, &started, sizeof started);
  std::memcpy(bytes, kMetricsMagic.data(), kMetricsMagic.size());
  cells = reinterpret_cast<Cell*>(bytes + kMetricsHeader);
  return nullptr;
}

Metrics::~Metrics() {
  if (memory_ == nullptr) return;
  cells = nullptr;
  ::munmap(memory_, metrics_file_size());
}

}  // namespace mail
