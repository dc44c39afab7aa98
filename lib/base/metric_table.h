// MetricTable: everything the daemons count, declared once.
//
// From this table come the cells in memory (base/metrics.h), the text that
// `mailctl metrics` prints, and the check of the list in mail(7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mail {

enum class Metric : std::uint8_t {
  Connections,
  ConnectionsOpen,
  ConnectionsRefused,
  TlsHandshakes,
  ProcessDeaths,
  SmtpAccepted,
  SmtpAcceptedBytes,
  SmtpAcceptTime,
  SmtpRefused,
  SmtpPutOff,
  ImapCommands,
  Logins,
  Delivered,
  Deferred,
  Bounced,
  Reports,
  DeliveryTime,
  AttemptTime,
  QueueTime,
  LookupTime,
  ConnectTime,
  OutgoingAttempts,
  OutgoingTls,
  OutgoingConnections,
  QueueMessages,
  QueueRecipients,
  Sites,
};
inline constexpr std::size_t kMetrics =
    static_cast<std::size_t>(Metric::Sites) + 1;

enum class MetricKind : std::uint8_t { Counter, Gauge, Histogram };

struct MetricFamily {
  Metric metric;
  std::string_view name;      // as Prometheus knows it
  MetricKind kind;
  std::string_view programs;  // who counts it: "smtpd imapd"
  std::string_view label;     // empty: a single number
  std::span<const std::string_view> values;  // of the label
  std::string_view help;      // one sentence
};

std::span<const MetricFamily> metric_families();
const MetricFamily& family_of(Metric metric);

// Upper bounds of a histogram's buckets, in seconds; one more has no bound.
std::span<const double> histogram_bounds();

// Cells: a counter or gauge has one for each value of its label, and one for
// any other value; a histogram has its buckets and the sum in microseconds
// for each of them.
std::size_t cells_of_value(const MetricFamily& family);
std::size_t values_of(const MetricFamily& family);
std::size_t first_cell(Metric metric);
std::size_t cell_count();

// The same for two programs only when their tables are the same.
std::string table_fingerprint();

// RFC 3463: what the second number of an enhanced status code is about, as
// in the labels named "reason": "address" for "5.1.1".
std::string_view status_subject(std::string_view code);

}  // namespace mail
