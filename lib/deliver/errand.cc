// Each packet is lines of fields; the first field of a line names it.  What a
// sender says is as untrusted as what a server told it: numbers out of range,
// lines too many and words unknown are a refusal, never a default.

#include "deliver/errand.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/ascii.h"
#include "base/text.h"
#include "relay/hosts.h"
#include "spool/fields.h"
#include "spool/spool.h"

namespace mail::deliver {
namespace {

using Fields = std::vector<std::string>;
using Lines = std::vector<Fields>;

constexpr std::size_t kMaxHosts = relay::kMaxExchanges;
constexpr std::size_t kMaxVisits = 16;
constexpr std::int64_t kMaxLength = std::int64_t{1} << 40;

constexpr std::array<std::string_view, 2> kKinds = {"mx", "host"};
constexpr std::array<std::string_view, 2> kProtocols = {"smtp", "lmtp"};
constexpr std::array<std::string_view, 4> kTls = {"may", "required",
                                                  "verified", "implicit"};
constexpr std::array<std::string_view, 4> kFound = {"hosts", "no-mail",
                                                    "no-domain", "later"};
constexpr std::array<std::string_view, 4> kSites = {"fine", "busy", "dead",
                                                    "barred"};
constexpr std::array<std::string_view, 3> kOutcomes = {
    "delivered", "temporary", "permanent"};

template <class Words, class Enum>
std::string word(const Words& words, Enum value) {
  return std::string(words[static_cast<std::size_t>(value)]);
}

// Reads the fields of one line; `good` says whether all were as they must be.
class Reader {
 public:
  Reader(const Fields& fields, std::string_view name, std::size_t count)
      : fields_(fields), good_(fields.size() == count && fields[0] == name) {}

  bool good() const { return good_; }

  std::string text() {
    if (!good_ || at_ >= fields_.size()) return {};
    return fields_[at_++];
  }
  template <class Number>
  Number number(std::uint64_t most = static_cast<std::uint64_t>(
                    std::numeric_limits<Number>::max())) {
    const auto value = parse_number(text());
    good_ = good_ && value && *value <= most;
    return good_ ? static_cast<Number>(*value) : Number{};
  }
  bool flag() { return number<int>(1) == 1; }
  template <class Enum, class Words>
  Enum one_of(const Words& words) {
    const std::string value = text();
    const auto found = std::ranges::find(words, value);
    good_ = good_ && found != words.end();
    return good_ ? static_cast<Enum>(found - words.begin()) : Enum{};
  }

 private:
  const Fields& fields_;
  bool good_;
  std::size_t at_ = 1;
};

std::string flag(bool value) { return value ? "1" : "0"; }

std::string line(Fields fields) { return spool::join_fields(fields); }

// A share of a packet for what a server said of each recipient, so that all of
// it fits; escaped, a text may be three times as long.
constexpr std::size_t kTextShare = kMaxErrandPacket / 2 / kMaxErrandRecipients;

std::string fitting(const std::string& text) {
  if (line({text}).size() <= kTextShare) return text;
  return std::string(utf8_prefix(text, kTextShare / 3));
}

std::string host_lines(const std::vector<Exchange>& hosts) {
  std::string lines;
  for (const Exchange& host : hosts) {
    lines += line({"host", std::to_string(host.preference), host.host});
  }
  return lines;
}

// The "host" lines from `at` on, which moves behind them.
std::optional<std::vector<Exchange>> read_hosts(const Lines& lines,
                                                std::size_t& at) {
  std::vector<Exchange> hosts;
  for (; at < lines.size() && lines[at][0] == "host"; ++at) {
    Reader reader(lines[at], "host", 3);
    Exchange host;
    host.preference = reader.number<std::uint16_t>();
    host.host = reader.text();
    if (!reader.good() || hosts.size() == kMaxHosts) return {};
    hosts.push_back(std::move(host));
  }
  return hosts;
}

std::string write(const Lookup& lookup) {
  return line({"lookup", std::to_string(lookup.number), lookup.domain,
               std::to_string(lookup.life)});
}

Result<ToSender> read_lookup(const Lines& lines) {
  Reader reader(lines.front(), "lookup", 4);
  Lookup lookup;
  lookup.number = reader.number<std::uint64_t>();
  lookup.domain = reader.text();
  lookup.life = reader.number<std::uint64_t>();
  if (!reader.good() || lines.size() != 1) return refuse("bad lookup");
  return lookup;
}

std::string write(const Errand& errand) {
  const Hop& hop = errand.hop;
  std::string packet =
      line({"errand", std::to_string(errand.number),
            std::to_string(errand.slot), errand.id,
            std::to_string(errand.life)}) +
      line({"hop", word(kKinds, hop.kind), hop.name, std::to_string(hop.port),
            word(kProtocols, hop.protocol), word(kTls, hop.tls), hop.login}) +
      line({"message", std::to_string(errand.length), errand.prefix,
            errand.sender, errand.ret, errand.envid}) +
      line({"facts", flag(errand.smtputf8), flag(errand.has_8bit),
            flag(errand.has_leading_dot), flag(errand.require_tls),
            flag(errand.secure), flag(errand.verify)}) +
      host_lines(errand.hosts);
  for (const auto& to : errand.recipients) {
    packet += line({"to", to.address, to.orcpt, to.notify});
  }
  return packet;
}

Hop read_hop(Reader& reader) {
  Hop hop;
  hop.kind = reader.one_of<Hop::Kind>(kKinds);
  hop.name = reader.text();
  hop.port = reader.number<std::uint16_t>();
  hop.protocol = reader.one_of<Hop::Protocol>(kProtocols);
  hop.tls = reader.one_of<Hop::Tls>(kTls);
  hop.login = reader.text();
  return hop;
}

// The four lines every errand has; whether they are good.
bool read_head(const Lines& lines, Errand& errand) {
  if (lines.size() < 4) return false;
  Reader first(lines[0], "errand", 5);
  errand.number = first.number<std::uint64_t>();
  errand.slot = first.number<std::uint32_t>();
  errand.id = first.text();
  errand.life = first.number<std::uint64_t>();
  Reader hop(lines[1], "hop", 7);
  errand.hop = read_hop(hop);
  Reader message(lines[2], "message", 6);
  errand.length = message.number<std::int64_t>(kMaxLength);
  errand.prefix = message.text();
  errand.sender = message.text();
  errand.ret = message.text();
  errand.envid = message.text();
  Reader facts(lines[3], "facts", 7);
  errand.smtputf8 = facts.flag();
  errand.has_8bit = facts.flag();
  errand.has_leading_dot = facts.flag();
  errand.require_tls = facts.flag();
  errand.secure = facts.flag();
  errand.verify = facts.flag();
  return first.good() && hop.good() && message.good() && facts.good();
}

Result<ToSender> read_errand(const Lines& lines) {
  Errand errand;
  if (!read_head(lines, errand) || !spool::is_id(errand.id)) {
    return refuse("bad errand");
  }
  std::size_t at = 4;
  auto hosts = read_hosts(lines, at);
  if (!hosts) return refuse("bad host");
  errand.hosts = std::move(*hosts);
  for (; at < lines.size(); ++at) {
    Reader reader(lines[at], "to", 4);
    ErrandRecipient to{reader.text(), reader.text(), reader.text()};
    if (!reader.good()) return refuse("bad recipient");
    errand.recipients.push_back(std::move(to));
  }
  const std::size_t count = errand.recipients.size();
  if (count == 0 || count > kMaxErrandRecipients) {
    return refuse("recipients out of bounds");
  }
  return errand;
}

std::string write(const Ready& ready) {
  return line({"ready", std::to_string(ready.life)});
}

std::string write(const Closed& closed) {
  return line({"closed", std::to_string(closed.slot)});
}

std::string write(const Found& found) {
  return line({"found", std::to_string(found.number),
               word(kFound, found.outcome), found.site,
               std::to_string(found.ttl), found.why, found.enhanced,
               flag(found.secure)}) +
         host_lines(found.hosts);
}

Result<FromSender> read_found(const Lines& lines) {
  Reader reader(lines.front(), "found", 8);
  Found found;
  found.number = reader.number<std::uint64_t>();
  found.outcome = reader.one_of<Found::Outcome>(kFound);
  found.site = reader.text();
  found.ttl = reader.number<std::uint32_t>();
  found.why = reader.text();
  found.enhanced = reader.text();
  found.secure = reader.flag();
  std::size_t at = 1;
  auto hosts = read_hosts(lines, at);
  if (!reader.good() || !hosts || at != lines.size()) {
    return refuse("bad found");
  }
  found.hosts = std::move(*hosts);
  if ((found.outcome == Found::Outcome::Hosts) == found.hosts.empty()) {
    return refuse("hosts that do not fit what was found");
  }
  return found;
}

std::string write(const Report& report) {
  std::string packet =
      line({"report", std::to_string(report.number),
            std::to_string(report.slot), word(kSites, report.site),
            flag(report.open), flag(report.damaged), fitting(report.why)});
  for (const Visit& visit : report.visits) {
    packet += line({"visit", visit.host, visit.address, visit.tls,
                    flag(visit.dsn), flag(visit.seven_bit)});
  }
  for (const Verdict& verdict : report.verdicts) {
    packet += line({"verdict", word(kOutcomes, verdict.outcome),
                    std::to_string(verdict.code), verdict.enhanced,
                    fitting(verdict.text), std::to_string(verdict.visit),
                    flag(verdict.uncertain), flag(verdict.answered)});
  }
  return packet;
}

// The "visit" lines from `at` on, which moves behind them.
std::optional<std::vector<Visit>> read_visits(const Lines& lines,
                                              std::size_t& at) {
  std::vector<Visit> visits;
  for (; at < lines.size() && lines[at][0] == "visit"; ++at) {
    Reader reader(lines[at], "visit", 6);
    Visit visit;
    visit.host = reader.text();
    visit.address = reader.text();
    visit.tls = reader.text();
    visit.dsn = reader.flag();
    visit.seven_bit = reader.flag();
    if (!reader.good() || visits.size() == kMaxVisits) return {};
    visits.push_back(std::move(visit));
  }
  return visits;
}

Result<FromSender> read_report(const Lines& lines) {
  Reader reader(lines.front(), "report", 7);
  Report report;
  report.number = reader.number<std::uint64_t>();
  report.slot = reader.number<std::uint32_t>();
  report.site = reader.one_of<Report::Site>(kSites);
  report.open = reader.flag();
  report.damaged = reader.flag();
  report.why = reader.text();
  std::size_t at = 1;
  auto visits = read_visits(lines, at);
  if (!reader.good() || !visits || lines.size() - at > kMaxErrandRecipients) {
    return refuse("bad report");
  }
  report.visits = std::move(*visits);
  for (; at < lines.size(); ++at) {
    Reader one(lines[at], "verdict", 8);
    Verdict verdict;
    verdict.outcome = one.one_of<Verdict::Outcome>(kOutcomes);
    verdict.code = one.number<int>(999);
    verdict.enhanced = one.text();
    verdict.text = one.text();
    verdict.visit = one.number<std::size_t>(
        std::max<std::size_t>(report.visits.size(), 1) - 1);
    verdict.uncertain = one.flag();
    verdict.answered = one.flag();
    if (!one.good()) return refuse("bad verdict");
    report.verdicts.push_back(std::move(verdict));
  }
  return report;
}

Result<FromSender> read_closed(const Lines& lines) {
  Reader reader(lines.front(), "closed", 2);
  const Closed closed{reader.number<std::uint32_t>()};
  if (!reader.good() || lines.size() != 1) return refuse("bad closed");
  return closed;
}

Result<FromSender> read_ready(const Lines& lines) {
  Reader reader(lines.front(), "ready", 2);
  const Ready ready{reader.number<std::uint64_t>()};
  if (!reader.good() || lines.size() != 1) return refuse("bad ready");
  return ready;
}

}  // namespace

std::string to_packet(const ToSender& message) {
  return std::visit([](const auto& one) { return write(one); }, message);
}

std::string to_packet(const FromSender& message) {
  return std::visit([](const auto& one) { return write(one); }, message);
}

Result<ToSender> parse_to_sender(std::string_view packet) {
  const auto lines = spool::split_lines(packet);
  if (!lines) return refuse("bad packet");
  const std::string& verb = lines->front()[0];
  if (verb == "lookup") return read_lookup(*lines);
  if (verb == "errand") return read_errand(*lines);
  return refuse("unknown packet");
}

Result<FromSender> parse_from_sender(std::string_view packet) {
  const auto lines = spool::split_lines(packet);
  if (!lines) return refuse("bad packet");
  const std::string& verb = lines->front()[0];
  if (verb == "report") return read_report(*lines);
  if (verb == "found") return read_found(*lines);
  if (verb == "closed") return read_closed(*lines);
  if (verb == "ready") return read_ready(*lines);
  return refuse("unknown packet");
}

}  // namespace mail::deliver
