#include "base/metrics_text.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cstring>
#include <map>
#include <numeric>
#include <span>
#include <vector>

#include "base/file.h"
#include "base/metrics.h"

namespace mail {
namespace {

using Numbers = std::vector<std::uint64_t>;  // the sum of all columns

constexpr std::string_view kSuffix = ".metrics";
constexpr std::size_t kMostFiles = 64;

struct Page {
  bool alive = false;
  double started = 0;
  Numbers numbers;  // empty: not to be read
};

// Whoever counts there holds the lock.
bool locked(const Fd& file) {
  if (::flock(file.number(), LOCK_SH | LOCK_NB) != 0) return true;
  ::flock(file.number(), LOCK_UN);
  return false;
}

Page read_page(const std::string& path) {
  Page page;
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat facts {};
  if (!file || ::fstat(file.number(), &facts) != 0) return page;
  if (!S_ISREG(facts.st_mode)) return page;
  page.alive = locked(file);
  const std::string bytes = file.read_at(0, metrics_file_size() + 1);
  const std::string_view head(bytes);
  if (bytes.size() != metrics_file_size() || !head.starts_with(kMetricsMagic) ||
      head.substr(kMetricsMagic.size(), 16) != table_fingerprint()) {
    return page;
  }
  Micros started = 0;
  std::memcpy(&started, bytes.data() + kMetricsMagic.size() + 16,
              sizeof started);
  page.started = static_cast<double>(started) / kSecond;
  page.numbers.resize(cell_count());
  for (std::size_t i = 0; i < kMetricsColumns * cell_count(); ++i) {
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data() + kMetricsHeader + i * sizeof number,
                sizeof number);
    page.numbers[i % cell_count()] += number;
  }
  return page;
}

std::string decimal(double value) {
  std::array<char, 32> text{};
  const int length =
      std::snprintf(text.data(), text.size(), "%.10g", value);
  return std::string(text.data(), static_cast<std::size_t>(length));
}

class Printer {
 public:
  void head(std::string_view name, std::string_view help,
            std::string_view type) {
    text_ += "# HELP ";
    text_ += name;
    text_ += ' ';
    text_ += help;
    text_ += "\n# TYPE ";
    text_ += name;
    text_ += ' ';
    text_ += type;
    text_ += '\n';
  }
  void line(std::string_view name, const std::string& labels,
            const std::string& value) {
    text_ += name;
    text_ += '{' + labels + "} " + value + '\n';
  }
  void comment(const std::string& text) { text_ += "# " + text + '\n'; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void print_times(Printer& printer, const MetricFamily& family,
                 const std::string& labels,
                 std::span<const std::uint64_t> cells) {
  const std::string name(family.name);
  const auto bounds = histogram_bounds();
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= bounds.size(); ++i) {
    count += cells[i];
    const std::string bound = i < bounds.size() ? decimal(bounds[i]) : "+Inf";
    printer.line(name + "_bucket", labels + ",le=\"" + bound + '"',
                 std::to_string(count));
  }
  const double sum = static_cast<double>(cells[bounds.size() + 1]) / kSecond;
  printer.line(name + "_sum", labels, decimal(sum));
  printer.line(name + "_count", labels, std::to_string(count));
}

void print_page(Printer& printer, const MetricFamily& family,
                const std::string& program, const Numbers& numbers) {
  const std::size_t width = cells_of_value(family);
  for (std::size_t value = 0; value < values_of(family); ++value) {
    std::string labels = "program=\"" + program + '"';
    if (!family.label.empty()) {
      const bool known = value < family.values.size();
      labels += ',';
      labels += family.label;
      labels += "=\"";
      labels += known ? family.values[value] : "other";
      labels += '"';
    }
    const std::span cells(
        numbers.data() + first_cell(family.metric) + value * width, width);
    switch (family.kind) {
      case MetricKind::Histogram:
        print_times(printer, family, labels, cells);
        break;
      case MetricKind::Gauge:
        printer.line(family.name, labels,
                     std::to_string(static_cast<std::int64_t>(cells[0])));
        break;
      case MetricKind::Counter:
        printer.line(family.name, labels, std::to_string(cells[0]));
        break;
    }
  }
}

bool counts(const MetricFamily& family, const std::string& program) {
  return (" " + std::string(family.programs) + " ")
      .contains(" " + program + " ");
}

std::string_view type_name(MetricKind kind) {
  switch (kind) {
    case MetricKind::Counter: return "counter";
    case MetricKind::Gauge: return "gauge";
    case MetricKind::Histogram: return "histogram";
  }
  return "untyped";
}

// By program.  Only names that a program can have.
std::map<std::string, Page> read_pages(const std::string& folder) {
  std::map<std::string, Page> pages;
  for (const std::string& name : list_folder(folder)) {
    if (!name.ends_with(kSuffix) || pages.size() == kMostFiles) continue;
    const auto program = name.substr(0, name.size() - kSuffix.size());
    if (program.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") !=
        std::string::npos) {
      continue;
    }
    pages[program] = read_page(folder + "/" + name);
  }
  return pages;
}

void print_lives(Printer& printer, const std::map<std::string, Page>& pages) {
  printer.head("staunch_up", "Whether the program runs.", "gauge");
  for (const auto& [program, page] : pages) {
    printer.line("staunch_up", "program=\"" + program + '"',
                 page.alive ? "1" : "0");
  }
  printer.head("staunch_start_time_seconds",
               "When the program was started, and its numbers began.",
               "gauge");
  for (const auto& [program, page] : pages) {
    if (page.numbers.empty()) {
      printer.comment(program + " counts with another version");
    } else if (page.alive) {
      printer.line("staunch_start_time_seconds", "program=\"" + program + '"',
                   decimal(page.started));
    }
  }
}

}  // namespace

std::string prometheus_text(const std::string& run_folder) {
  const auto pages = read_pages(run_folder);
  Printer printer;
  print_lives(printer, pages);
  for (const MetricFamily& family : metric_families()) {
    printer.head(family.name, family.help, type_name(family.kind));
    for (const auto& [program, page] : pages) {
      if (!page.alive || page.numbers.empty()) continue;
      if (counts(family, program)) {
        print_page(printer, family, program, page.numbers);
      }
    }
  }
  return printer.take();
}

std::optional<std::int64_t> counted(const std::string& run_folder,
                                    const std::string& program,
                                    Metric metric) {
  const Page page =
      read_page(run_folder + "/" + program + std::string(kSuffix));
  if (!page.alive || page.numbers.empty()) return {};
  const std::span cells(page.numbers.data() + first_cell(metric),
                        values_of(family_of(metric)));
  return static_cast<std::int64_t>(
      std::accumulate(cells.begin(), cells.end(), std::uint64_t{0}));
}

bool runs(const std::string& run_folder, const std::string& program) {
  return read_page(run_folder + "/" + program + std::string(kSuffix)).alive;
}

}  // namespace mail
