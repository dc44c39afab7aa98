#include "spool/queue_db.h"

#include <algorithm>
#include <array>

#include "base/fault.h"
#include "spool/queue_schema.h"

namespace mail::spool {
namespace {

constexpr int kCheckpointPages = 1000;

std::string_view domain_of(std::string_view address) {
  return address.substr(address.rfind('@') + 1);
}

// How a message is shown; ?1 to ?6 of the WHERE clauses below.
constexpr std::string_view kList = R"sql(
SELECT m.id, m.held, m.sender, m.account, m.size, m.arrived, m.expires,
  (SELECT min(nullif(r.next_at, 0)) FROM recipient r WHERE r.id = m.id),
  (SELECT count(*) FROM recipient r WHERE r.id = m.id),
  (SELECT r.last_text FROM recipient r WHERE r.id = m.id
   ORDER BY r.state, r.n LIMIT 1),
  (SELECT min(r.state) FROM recipient r WHERE r.id = m.id) AS state
FROM message m
WHERE m.id > ?1
  AND (?2 = '' OR ?2 = CASE WHEN m.held THEN 'held'
       WHEN state = 2 THEN 'waiting' ELSE 'deferred' END)
  AND (?3 = '' OR m.sender = ?3 OR
       (substr(?3, 1, 1) = '@' AND substr(m.sender, -length(?3)) = ?3))
  AND (?4 = '' OR EXISTS (SELECT 1 FROM recipient r WHERE r.id = m.id AND
       (r.address = ?4 OR (substr(?4, 1, 1) = '@' AND
        substr(r.address, -length(?4)) = ?4))))
ORDER BY m.id LIMIT ?5
)sql";

std::string_view state_name(RecipientState state) {
  switch (state) {
    case RecipientState::Deferred: return "deferred";
    case RecipientState::Waiting: return "waiting";
    case RecipientState::Failed: return "failed";
    case RecipientState::Delivered:
    case RecipientState::Relayed:
    case RecipientState::Expanded: return "reporting";
  }
  return "deferred";
}

QueueMessage shown(const db::Statement& row) {
  QueueMessage message;
  message.id = row.text(0);
  const bool waiting =
      row.integer(10) == static_cast<int>(RecipientState::Waiting);
  message.state = row.integer(1) ? "held" : waiting ? "waiting" : "deferred";
  message.sender = row.text(2);
  message.account = static_cast<std::uint64_t>(row.integer(3));
  message.size = row.integer(4);
  message.arrived = row.integer(5);
  message.expires = row.integer(6);
  message.next_at = row.integer(7);
  message.recipients = row.integer(8);
  message.why = row.text(9);
  return message;
}

}  // namespace

QueueDb::QueueDb(const std::string& path)
    : path_(path),
      db_(std::make_unique<db::Database>(path, db::Mode::Write)) {
  db_->migrate(queue_steps());
}

void QueueDb::reopen() {
  db_ = std::make_unique<db::Database>(path_, db::Mode::Write);
}

void QueueDb::write(const QueueChanges& changes) {
  db::Transaction change(*db_);
  for (const auto& message : changes.messages) save(message);
  auto& finish =
      db_->statement("DELETE FROM recipient WHERE id = ? AND n = ?");
  for (const auto& [id, n] : changes.finished) finish.run(id, n);
  for (const auto& id : changes.done) forget(id);
  for (const auto& site : changes.sites) save(site);
  change.commit();
  if (db_->wal_pages() >= kCheckpointPages) db_->checkpoint_passive();
}

void QueueDb::write(std::span<const StoredMessage> changed,
                    std::span<const std::string> done) {
  write({.messages = {changed.begin(), changed.end()},
         .finished = {},
         .done = {done.begin(), done.end()},
         .sites = {}});
}

void QueueDb::save(const StoredMessage& m) {
  db_->statement("INSERT OR REPLACE INTO message (id, size, sender, account, "
                "arrived, expires, warned, strikes, held, reports) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(m.id, m.size, m.sender, m.account, m.arrived, m.expires, m.warned,
           m.strikes, m.held ? 1 : 0, m.reports);
  db_->statement("DELETE FROM recipient WHERE id = ?").run(m.id);
  auto& insert = db_->statement(
      "INSERT INTO recipient (id, n, source, address, detail, account, state, "
      "attempts, next_at, last_code, last_text, orcpt, notify, remote, reply, "
      "tried_at, site, history, owner, domain) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const auto& r : m.recipients) {
    insert.run(m.id, r.n, r.source, r.address, r.detail, r.account,
               static_cast<int>(r.state), r.attempts, r.next_at, r.last_code,
               r.last_text, r.orcpt, r.notify, r.remote, r.reply, r.tried_at,
               r.site, r.history, m.account, domain_of(r.address));
  }
}

void QueueDb::forget(std::string_view id) {
  db_->statement("DELETE FROM recipient WHERE id = ?").run(id);
  db_->statement("DELETE FROM message WHERE id = ?").run(id);
}

bool QueueDb::empty() {
  auto& query = db_->statement("SELECT 1 FROM message LIMIT 1");
  const bool found = query.bind().step();
  query.reset();
  return !found;
}

std::int64_t QueueDb::count() {
  auto& query = db_->statement("SELECT count(*) FROM message");
  query.bind().step();
  const std::int64_t count = query.integer(0);
  query.reset();
  return count;
}

bool QueueDb::has(std::string_view id) {
  auto& query = db_->statement("SELECT 1 FROM message WHERE id = ?");
  const bool found = query.bind(id).step();
  query.reset();
  return found;
}

std::string QueueDb::secret() {
  auto& query = db_->statement("SELECT secret FROM secret");
  if (!query.bind().step()) throw Fault("queue.db has lost its secret");
  std::string secret(query.text(0));
  query.reset();
  return secret;
}

std::optional<StoredMessage> QueueDb::load(std::string_view id) {
  auto& query = db_->statement(
      "SELECT size, sender, account, arrived, expires, warned, strikes, held, "
      "reports "
      "FROM message WHERE id = ?");
  if (!query.bind(id).step()) return {};
  StoredMessage m;
  m.id = id;
  m.size = query.integer(0);
  m.sender = query.text(1);
  m.account = static_cast<std::uint64_t>(query.integer(2));
  m.arrived = query.integer(3);
  m.expires = query.integer(4);
  m.warned = query.integer(5);
  m.strikes = static_cast<int>(query.integer(6));
  m.held = query.integer(7) != 0;
  m.reports = static_cast<int>(query.integer(8));
  query.reset();
  auto& rows = db_->statement(
      "SELECT n, source, address, detail, account, state, attempts, next_at, "
      "last_code, last_text, orcpt, notify, remote, reply, tried_at, site, "
      "history "
      "FROM recipient WHERE id = ? ORDER BY n");
  for (rows.bind(id); rows.step();) {
    m.recipients.push_back(
        {static_cast<int>(rows.integer(0)), static_cast<int>(rows.integer(1)),
         std::string(rows.text(2)), std::string(rows.text(3)),
         static_cast<std::uint64_t>(rows.integer(4)),
         static_cast<RecipientState>(rows.integer(5)),
         static_cast<int>(rows.integer(6)), rows.integer(7),
         std::string(rows.text(8)), std::string(rows.text(9)),
         std::string(rows.text(10)), std::string(rows.text(11)),
         std::string(rows.text(12)), static_cast<int>(rows.integer(13)),
         rows.integer(14), std::string(rows.text(15)),
         std::string(rows.text(16))});
  }
  return m;
}

std::vector<DueRow> QueueDb::due(Micros now, const DueRow& after, int limit) {
  std::vector<DueRow> rows;
  auto& query = db_->statement(
      "SELECT next_at, site, owner, id, n "
      "FROM recipient INDEXED BY recipient_due "
      "WHERE next_at > 0 AND next_at <= ? "
      "AND (next_at, site, owner, id, n) > (?, ?, ?, ?, ?) "
      "ORDER BY next_at, site, owner, id, n LIMIT ?");
  query.bind(now, after.next_at, after.site, after.owner, after.id, after.n,
             limit);
  while (query.step()) {
    rows.push_back({query.integer(0), std::string(query.text(1)),
                    static_cast<std::uint64_t>(query.integer(2)),
                    std::string(query.text(3)),
                    static_cast<int>(query.integer(4))});
  }
  return rows;
}

std::optional<Micros> QueueDb::next_due(Micros after) {
  auto& query = db_->statement(
      "SELECT next_at FROM recipient INDEXED BY recipient_due "
      "WHERE next_at > 0 AND next_at > ? ORDER BY next_at LIMIT 1");
  if (!query.bind(after).step()) return {};
  const Micros next = query.integer(0);
  query.reset();
  return next;
}

void QueueDb::hurry_account(std::uint64_t account, Micros now) {
  db_->statement("UPDATE recipient SET next_at = ? "
                "WHERE account = ? AND account > 0 AND state = 1 "
                "AND next_at > 0")
      .run(now, account);
}

void QueueDb::hurry(std::span<const std::string> ids, Micros now) {
  db::Transaction change(*db_);
  for (const auto& id : ids) {
    db_->statement("UPDATE recipient SET next_at = ? "
                  "WHERE id = ? AND next_at > 0")
        .run(now, id);
  }
  change.commit();
}

void QueueDb::hold(std::string_view id) {
  db::Transaction change(*db_);
  db_->statement("UPDATE message SET held = 1 WHERE id = ?").run(id);
  db_->statement("UPDATE recipient SET next_at = 0 WHERE id = ?").run(id);
  change.commit();
}

void QueueDb::release(std::string_view id) {
  db::Transaction change(*db_);
  db_->statement("UPDATE message SET held = 0 WHERE id = ?").run(id);
  db_->statement("UPDATE recipient SET next_at = 1 "
                "WHERE id = ? AND state <> 2")
      .run(id);
  change.commit();
}

void QueueDb::shift_times(Micros step) {
  db::Transaction change(*db_);
  db_->statement("UPDATE recipient SET next_at = max(1, next_at + ?) "
                "WHERE next_at > 0")
      .run(step);
  db_->statement("UPDATE message SET expires = expires + ?").run(step);
  change.commit();
}

std::vector<QueueMessage> QueueDb::list(std::string_view after, int limit,
                                        const QueueFilter& filter) {
  std::vector<QueueMessage> messages;
  auto& query = db_->statement(kList);
  query.bind(after, filter.state, filter.sender, filter.recipient, limit);
  while (query.step()) messages.push_back(shown(query));
  return messages;
}

std::optional<QueueMessage> QueueDb::show(std::string_view id,
                                          std::int64_t from, int limit) {
  const auto stored = load(id);
  if (!stored) return {};
  // The list's row of this one id: the first behind the id before it.
  std::string before(id);
  before.back() = static_cast<char>(before.back() - 1);
  std::optional<QueueMessage> message;
  for (auto& one : list(before + "~", 1, {})) {
    if (one.id == id) message = std::move(one);
  }
  if (!message) return {};
  const auto count = static_cast<std::int64_t>(stored->recipients.size());
  for (std::int64_t i = from; i < std::min(count, from + limit); ++i) {
    const auto& r = stored->recipients[static_cast<std::size_t>(i)];
    message->all.push_back({r.address, std::string(state_name(r.state)),
                            r.attempts, r.next_at,
                            r.last_code.empty() ? r.last_text
                                : r.last_code + " " + r.last_text});
  }
  return message;
}

}  // namespace mail::spool
