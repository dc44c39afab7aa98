#include "base/metric_table.h"

#include <algorithm>
#include <array>

#include "base/digest.h"

namespace mail {
namespace {

using Kind = MetricKind;
using Values = std::span<const std::string_view>;

template <std::size_t N>
using Words = std::array<std::string_view, N>;

constexpr Words<7> kSockets = {"smtp", "submission", "submissions", "lmtp",
                               "imap", "imaps", "https"};
constexpr Words<3> kServices = {"smtp", "submission", "lmtp"};
constexpr Words<3> kLimits = {"address limit", "total limit", "busy"};
constexpr Words<3> kTls = {"TLSv1.2", "TLSv1.3", "failed"};
constexpr Words<3> kOutgoingTls = {"none", "TLSv1.2", "TLSv1.3"};
constexpr Words<4> kOutgoing = {"open", "unreachable", "turned away",
                                "failed"};
constexpr Words<2> kDeaths = {"signal", "exit"};
// RFC 3463 section 3, and what no server said.
constexpr Words<8> kReasons = {"address",  "mailbox", "system", "network",
                               "protocol", "content", "policy", "expired"};
constexpr Words<3> kImapAnswers = {"ok", "no", "bad"};
constexpr Words<4> kLogins = {"success", "failure", "banned", "unavailable"};
constexpr Words<2> kWhere = {"local", "remote"};
constexpr Words<4> kStates = {"arriving", "active", "deferred", "held"};
constexpr Words<2> kSites = {"open", "dead"};

constexpr std::string_view kNetwork = "smtpd imapd jmapd";
constexpr std::string_view kAll = "smtpd imapd jmapd authd queue-runner";
constexpr std::string_view kSmtp = "smtpd";
constexpr std::string_view kQueue = "queue-runner";

constexpr std::array<MetricFamily, kMetrics> kFamilies = {{
    {Metric::Connections, "staunch_connections_total", Kind::Counter, kNetwork,
     "socket", kSockets, "Connections taken, by the socket they came to."},
    {Metric::ConnectionsOpen, "staunch_connections_open", Kind::Gauge,
     kNetwork, "", {}, "Connections open now."},
    {Metric::ConnectionsRefused, "staunch_connections_refused_total",
     Kind::Counter, kNetwork, "reason", kLimits,
     "Connections not taken, by the limit that was reached."},
    {Metric::TlsHandshakes, "staunch_tls_handshakes_total", Kind::Counter,
     kNetwork, "version", kTls,
     "TLS handshakes with clients, by the version they came to."},
    {Metric::ProcessDeaths, "staunch_process_deaths_total", Kind::Counter,
     kAll, "by", kDeaths,
     "Processes that died and were started again; a signal is a crash."},
    {Metric::SmtpAccepted, "staunch_smtp_accepted_total", Kind::Counter, kSmtp,
     "service", kServices,
     "Messages accepted into the spool, by service."},
    {Metric::SmtpAcceptedBytes, "staunch_smtp_accepted_bytes_total",
     Kind::Counter, kSmtp, "", {}, "Octets of the messages accepted."},
    {Metric::SmtpAcceptTime, "staunch_smtp_accept_seconds", Kind::Histogram,
     kSmtp, "", {}, "From the start of a message's data to our 250."},
    {Metric::SmtpRefused, "staunch_smtp_refused_total", Kind::Counter, kSmtp,
     "reason", kReasons,
     "Senders, recipients and messages refused for good (5yz)."},
    {Metric::SmtpPutOff, "staunch_smtp_put_off_total", Kind::Counter, kSmtp,
     "reason", kReasons,
     "Senders, recipients and messages refused for now (4yz)."},
    {Metric::ImapCommands, "staunch_imap_commands_total", Kind::Counter,
     "imapd", "answer", kImapAnswers, "IMAP commands, by their answer."},
    {Metric::Logins, "staunch_logins_total", Kind::Counter, "authd", "result",
     kLogins, "Logins over all protocols, by what they came to."},
    {Metric::Delivered, "staunch_delivered_total", Kind::Counter, kQueue,
     "where", kWhere,
     "Recipients delivered to: into a mailbox, or to another server."},
    {Metric::Deferred, "staunch_deferred_total", Kind::Counter, kQueue,
     "reason", kReasons, "Attempts that failed and are made again."},
    {Metric::Bounced, "staunch_bounced_total", Kind::Counter, kQueue, "reason",
     kReasons, "Recipients given up, by reason."},
    {Metric::Reports, "staunch_reports_total", Kind::Counter, kQueue, "",
     {}, "Delivery status notifications written to senders."},
    {Metric::DeliveryTime, "staunch_delivery_seconds", Kind::Histogram, kQueue,
     "where", kWhere,
     "From a message's acceptance to its delivery to a recipient."},
    {Metric::AttemptTime, "staunch_attempt_seconds", Kind::Histogram, kQueue,
     "where", kWhere, "How long one attempt took, whatever it came to."},
    {Metric::QueueTime, "staunch_queue_wait_seconds", Kind::Histogram, kQueue,
     "where", kWhere,
     "How long what was due waited for a worker or a connection."},
    {Metric::LookupTime, "staunch_lookup_seconds", Kind::Histogram, kQueue, "",
     {}, "How long the DNS took to say where a domain's mail goes."},
    {Metric::ConnectTime, "staunch_connect_seconds", Kind::Histogram, kQueue,
     "", {},
     "From connecting to another server until it takes mail, TLS included."},
    {Metric::OutgoingAttempts, "staunch_outgoing_connections_total",
     Kind::Counter, kQueue, "result", kOutgoing,
     "Connections to other servers, by what they came to."},
    {Metric::OutgoingTls, "staunch_outgoing_tls_total", Kind::Counter, kQueue,
     "version", kOutgoingTls,
     "Transactions with other servers, by version of TLS."},
    {Metric::OutgoingConnections, "staunch_outgoing_connections", Kind::Gauge,
     kQueue, "", {}, "Connections to other servers that are open now."},
    {Metric::QueueMessages, "staunch_queue_messages", Kind::Gauge, kQueue,
     "state", kStates, "Messages in the queue, by state."},
    {Metric::QueueRecipients, "staunch_queue_recipients", Kind::Gauge, kQueue,
     "", {}, "Recipients that wait in queue.db."},
    {Metric::Sites, "staunch_sites", Kind::Gauge, kQueue, "state", kSites,
     "Other servers that mail went to lately, by state."},
}};

constexpr std::array<double, 18> kBounds = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,  0.1,   0.25,  0.5,
    1,     2.5,    5,     10,   60,    600,   3600,  21600, 86400};

constexpr std::array<std::size_t, kMetrics + 1> cell_places() {
  std::array<std::size_t, kMetrics + 1> places{};
  std::size_t next = 0;
  for (std::size_t i = 0; i < kMetrics; ++i) {
    places[i] = next;
    const bool times = kFamilies[i].kind == Kind::Histogram;
    const std::size_t values =
        kFamilies[i].label.empty() ? 1 : kFamilies[i].values.size() + 1;
    next += values * (times ? kBounds.size() + 2 : 1);
  }
  places[kMetrics] = next;
  return places;
}
constexpr auto kPlaces = cell_places();

constexpr bool in_order() {
  for (std::size_t i = 0; i < kMetrics; ++i) {
    if (static_cast<std::size_t>(kFamilies[i].metric) != i) return false;
  }
  return true;
}
static_assert(in_order(), "the table stands in the order of Metric");

}  // namespace

std::span<const MetricFamily> metric_families() { return kFamilies; }

const MetricFamily& family_of(Metric metric) {
  return kFamilies[static_cast<std::size_t>(metric)];
}

std::span<const double> histogram_bounds() { return kBounds; }

std::size_t cells_of_value(const MetricFamily& family) {
  return family.kind == Kind::Histogram ? kBounds.size() + 2 : 1;
}

std::size_t values_of(const MetricFamily& family) {
  return family.label.empty() ? 1 : family.values.size() + 1;
}

std::size_t first_cell(Metric metric) {
  return kPlaces[static_cast<std::size_t>(metric)];
}

std::size_t cell_count() { return kPlaces[kMetrics]; }

std::string table_fingerprint() {
  std::string text;
  for (const MetricFamily& family : kFamilies) {
    text += family.name;
    for (const std::string_view value : family.values) {
      text += '\t';
      text += value;
    }
    text += '\n';
  }
  for (const double bound : kBounds) text += std::to_string(bound) + " ";
  return blake2b(text, 16);
}

std::string_view status_subject(std::string_view code) {
  constexpr Words<8> kSubjects = {"other",    "address", "mailbox", "system",
                                  "network",  "protocol", "content", "policy"};
  if (code.size() < 3 || code[1] != '.') return kSubjects[0];
  const auto digit = static_cast<std::size_t>(code[2] - '0');
  return digit < kSubjects.size() ? kSubjects[digit] : kSubjects[0];
}

}  // namespace mail
