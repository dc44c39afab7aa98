#include "admin/metrics.h"

#include <cstdio>

#include "base/ascii.h"
#include "base/metrics_text.h"

namespace mail::admin {

MetricsCommand::MetricsCommand(Options& options, Context& context)
    : context_(context) {
  options.command("metrics", "what the daemons count, as Prometheus reads it",
                  [this] { return show(); });
}

Record sample_record(std::string_view line) {
  const auto open = line.find('{');
  const auto close = line.rfind("} ");
  if (line.starts_with('#') || open == line.npos || close == line.npos) {
    return {};
  }
  Record record{{"name", std::string(line.substr(0, open))}};
  // name="value",... of our own making: no value has a quote or a comma.
  std::string_view labels = line.substr(open + 1, close - open - 1);
  while (!labels.empty()) {
    const std::string_view label = labels.substr(0, labels.find(','));
    labels.remove_prefix(std::min(labels.size(), label.size() + 1));
    const auto equals = label.find("=\"");
    if (equals == label.npos) continue;
    record.push_back(
        {std::string(label.substr(0, equals)),
         std::string(label.substr(equals + 2, label.size() - equals - 3))});
  }
  const std::string_view value = line.substr(close + 2);
  if (const auto number = parse_number(value)) {
    record.push_back({"value", static_cast<std::int64_t>(*number)});
  } else {
    record.push_back({"value", std::string(value)});
  }
  return record;
}

int MetricsCommand::show() {
  const std::string text = prometheus_text(context_.settings().run_folder());
  if (context_.output().format() == Format::Text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return 0;
  }
  std::vector<Record> records;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    Record record = sample_record(std::string_view(text).substr(at, end - at));
    if (!record.empty()) records.push_back(std::move(record));
    at = end + 1;
  }
  context_.output().list(records);
  return 0;
}

}  // namespace mail::admin
