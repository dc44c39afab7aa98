#include "spool/queue_reader.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "spool/queue_lists.h"
#include "spool/queue_values.h"

namespace mail::spool {
namespace {

// '+' keeps an index away: the rows come in the order of the primary key.
constexpr std::string_view kMessages = R"sql(
SELECT id, held, sender, account, size, arrived, expires FROM message
WHERE id >= ?1 AND id <= ?2
  AND (?3 IS NULL OR held = ?3)
  AND (?4 IS NULL OR account = ?4)
  AND arrived >= ?5 AND (?6 IS NULL OR arrived < ?6)
  AND (?7 IS NULL OR sender = ?7 COLLATE NOCASE)
  AND (?8 IS NULL OR substr(sender, -length(?8)) = ?8 COLLATE NOCASE)
ORDER BY id
)sql";

constexpr std::string_view kRecipients = R"sql(
SELECT id, n, address, site, state, attempts, next_at, last_code, last_text
FROM recipient
WHERE id >= ?1 AND id <= ?2
  AND (?3 IS NULL OR address = ?3 COLLATE NOCASE)
  AND (?4 IS NULL OR +domain = ?4)
  AND (?5 IS NULL OR +domain = ?5)
  AND (?6 IS NULL OR +site = ?6)
  AND (?7 IS NULL OR
       instr(lower(last_code || ' ' || last_text), lower(?7)) > 0)
ORDER BY id, n
)sql";

constexpr std::string_view kHistory =
    "SELECT n, history FROM recipient WHERE id = ? ORDER BY n";

constexpr std::string_view kSites =
    "SELECT name, window, deaths, dead_until, hosts, why, seen FROM site";
constexpr std::string_view kWaiting =
    "SELECT site, next_at FROM recipient WHERE +site <> ''";

constexpr const char* kFirstId = "";
constexpr const char* kLastId = "~";

using MaybeText = std::optional<std::string_view>;

MaybeText unless_empty(const std::string& text) {
  return text.empty() ? MaybeText{} : MaybeText{text};
}

// What a filter's address or @domain asks of an address, and of its end.
MaybeText whole_of(const std::string& wanted) {
  if (wanted == "<>") return "";
  const bool part = wanted.empty() || wanted.front() == '@';
  return part ? MaybeText{} : MaybeText{wanted};
}
MaybeText end_of(const std::string& wanted) {
  return wanted.starts_with('@') ? MaybeText{wanted} : MaybeText{};
}

std::string_view name_of(RecipientState state) {
  switch (state) {
    case RecipientState::Deferred: return "deferred";
    case RecipientState::Failed: return "failed";
    case RecipientState::Delivered: return "delivered";
    case RecipientState::Relayed: return "relayed";
    case RecipientState::Expanded: break;
  }
  return "expanded";
}

void fill(QueueMessage& message, const db::Statement& row) {
  message.id = text_in(row, 0);
  message.state = row.integer(1) ? "held" : "";
  message.sender = text_in(row, 2);
  message.account = account_in(row, 3);
  message.size = size_in(row, 4);
  message.arrived = time_in(row, 5);
  message.expires = time_in(row, 6);
  message.all.clear();
}

QueueRecipient recipient_of(const db::Statement& row) {
  QueueRecipient recipient;
  recipient.n = count_in(row, 1);
  recipient.address = text_in(row, 2);
  recipient.site = text_in(row, 3);
  recipient.state = name_of(state_in(row, 4));
  recipient.attempts = count_in(row, 5);
  recipient.next_at = time_in(row, 6);
  recipient.last = text_in(row, 7);
  const std::string_view text = text_in(row, 8);
  if (!recipient.last.empty() && !text.empty()) recipient.last += ' ';
  recipient.last += text;
  return recipient;
}

// Held, in hand, and else what its recipients are.
std::string_view state_of(const QueueMessage& message,
                          const std::set<std::string>& active) {
  if (!active.empty() && active.contains(message.id)) return "active";
  if (message.state == "held") return "held";
  const bool tried =
      std::ranges::count(message.all, "deferred", &QueueRecipient::state) > 0;
  return tried ? "deferred" : "failed";
}

}  // namespace

struct QueueReader::Range {
  const char* first;
  const char* last;
};

QueueReader::QueueReader(const std::string& path)
    : db_(path, db::Mode::Read) {
  db_.limit_cache(16'000);
}

void QueueReader::each(const QueueFilter& filter,
                       const std::set<std::string>& active,
                       const std::function<void(const QueueMessage&)>& use) {
  const db::Snapshot moment(db_);
  if (filter.ids.empty()) return scan({kFirstId, kLastId}, filter, active, use);
  const std::set<std::string> ids(filter.ids.begin(), filter.ids.end());
  for (const auto& id : ids) {
    scan({id.c_str(), id.c_str()}, filter, active, use);
  }
}

void QueueReader::scan(const Range& range, const QueueFilter& filter,
                       const std::set<std::string>& active,
                       const std::function<void(const QueueMessage&)>& use) {
  const std::optional<std::int64_t> held =
      filter.state == "held" ? std::optional<std::int64_t>(1) : std::nullopt;
  const std::optional<Micros> until =
      filter.arrived_until ? std::optional(filter.arrived_until)
                           : std::nullopt;
  const std::string domain = lower(filter.domain);
  const std::string recipient_domain =
      filter.recipient.starts_with('@') ? lower(filter.recipient.substr(1))
                                        : "";
  const MaybeText sender = whole_of(filter.sender);
  const MaybeText sender_end = end_of(filter.sender);
  const MaybeText recipient = whole_of(filter.recipient);
  const MaybeText site = unless_empty(filter.site);
  const MaybeText reason = unless_empty(filter.reason);
  auto& messages = db_.statement(kMessages);
  messages.bind(range.first, range.last, held, filter.account,
                filter.arrived_from, until, sender, sender_end);
  auto& recipients = db_.statement(kRecipients);
  recipients.bind(range.first, range.last, recipient,
                  unless_empty(recipient_domain), unless_empty(domain), site,
                  reason);

  QueueMessage message;
  bool more = recipients.step();
  while (more && messages.step()) {
    const std::string_view id = messages.text(0);
    while (more && recipients.text(0) < id) more = recipients.step();
    if (!more || recipients.text(0) != id) continue;
    fill(message, messages);
    for (; more && recipients.text(0) == message.id;
         more = recipients.step()) {
      message.all.push_back(recipient_of(recipients));
    }
    message.state = state_of(message, active);
    if (filter.state.empty() || filter.state == message.state) use(message);
  }
  messages.reset();
  recipients.reset();
}

bool QueueReader::has(const std::string& id) {
  auto& query = db_.statement("SELECT 1 FROM message WHERE id = ?");
  const bool found = query.bind(id).step();
  query.reset();
  return found;
}

std::optional<QueueMessage> QueueReader::show(const std::string& id) {
  const db::Snapshot moment(db_);
  std::optional<QueueMessage> shown;
  scan({id.c_str(), id.c_str()}, {}, {},
       [&](const QueueMessage& message) { shown = message; });
  if (!shown) return {};
  auto& rows = db_.statement(kHistory);
  std::size_t i = 0;
  for (rows.bind(id); rows.step() && i < shown->all.size(); ++i) {
    auto& recipient = shown->all[i];
    if (recipient.n == rows.integer(0)) recipient.history = text_in(rows, 1);
  }
  rows.reset();
  return shown;
}

std::map<std::string, QueueReader::Site, std::less<>> QueueReader::sites() {
  const db::Snapshot moment(db_);
  std::map<std::string, Site, std::less<>> sites;
  auto& known = db_.statement(kSites);
  for (known.bind(); known.step();) {
    SiteRow row = site_in(known);
    std::string name = std::exchange(row.name, {});
    sites[std::move(name)].row = std::move(row);
  }
  auto& waiting = db_.statement(kWaiting);
  for (waiting.bind(); waiting.step();) {
    const std::string_view name = text_in(waiting, 0);
    auto site = sites.find(name);
    if (site == sites.end()) site = sites.emplace(name, Site{}).first;
    const Micros next = time_in(waiting, 1);
    ++site->second.recipients;
    Micros& first = site->second.next_at;
    if (next != 0 && (first == 0 || next < first)) first = next;
  }
  return sites;
}

std::vector<Suspension> QueueReader::suspensions(Micros now) {
  return list_suspensions(db_, now);
}

std::vector<HoldRule> QueueReader::rules() { return list_hold_rules(db_); }

std::vector<Suppression> QueueReader::suppressions(Micros now) {
  return list_suppressions(db_, now);
}

}  // namespace mail::spool
