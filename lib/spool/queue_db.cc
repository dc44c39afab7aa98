#include "spool/queue_db.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "spool/queue_schema.h"
#include "spool/queue_values.h"

namespace mail::spool {
namespace {

constexpr int kCheckpointPages = 1000;

std::string_view domain_of(std::string_view address) {
  return address.substr(address.rfind('@') + 1);
}

// In the spool, where the scheduler's cage lets it make files.
std::string mark_of(const std::string& path) {
  return path.substr(0, path.rfind('/') + 1) + "spool/queue-damaged";
}

// 0: there is no such file.
std::uint64_t inode_of(const std::string& path) {
  struct stat file {};
  return ::stat(path.c_str(), &file) == 0 ? file.st_ino : 0;
}

// A row of n, source, address, detail, account, state, attempts, next_at,
// last_code, last_text, orcpt, notify, remote, reply, tried_at, site, history.
StoredRecipient recipient_in(const db::Statement& row) {
  StoredRecipient r;
  r.n = count_in(row, 0);
  r.source = count_in(row, 1);
  r.address = text_in(row, 2);
  r.detail = text_in(row, 3);
  r.account = account_in(row, 4);
  r.state = state_in(row, 5);
  r.attempts = count_in(row, 6);
  r.next_at = time_in(row, 7);
  r.last_code = text_in(row, 8);
  r.last_text = text_in(row, 9);
  r.orcpt = text_in(row, 10);
  r.notify = text_in(row, 11);
  r.remote = text_in(row, 12);
  r.reply = count_in(row, 13);
  r.tried_at = time_in(row, 14);
  r.site = text_in(row, 15);
  r.history = text_in(row, 16);
  return r;
}

}  // namespace

QueueDb::QueueDb(const std::string& path)
    : path_(path),
      db_(std::make_unique<db::Database>(path, db::Mode::Write)) {
  db_->migrate(queue_steps());
  tally_ = count_all();
  file_ = inode_of(path_);
}

// Not made anew here: what it held would be missed.
void QueueDb::reopen() {
  db_ = std::make_unique<db::Database>(path_, db::Mode::Existing);
}

void QueueDb::expect_sound() const {
  if (db_->met_damage()) {
    replace_file(mark_of(path_), "", 0600);
    throw Fault("queue.db is damaged");
  }
  if (inode_of(path_) != file_) throw Fault("queue.db was taken away");
}

bool is_marked_damaged(const std::string& path) {
  return ::access(mark_of(path).c_str(), F_OK) == 0;
}

void remove_mark(const std::string& path) { ::unlink(mark_of(path).c_str()); }

void put_aside(const std::string& path) {
  const std::string aside =
      path + ".damaged-" + std::to_string(wall_time() / kSecond);
  for (const char* end : {"-shm", "-wal", ""}) {
    if (::rename((path + end).c_str(), (aside + end).c_str()) != 0) continue;
    log_error("queue-damaged", {{"kept", aside + end}});
  }
}

QueueDb::Tally QueueDb::count_all() {
  auto& query = db_->statement(
      "SELECT (SELECT count(*) FROM message), "
      "(SELECT count(*) FROM message WHERE held <> 0), "
      "(SELECT count(*) FROM recipient)");
  query.bind().step();
  const Tally tally{query.integer(0), query.integer(1), query.integer(2)};
  query.reset();
  return tally;
}

void QueueDb::write(const QueueChanges& changes) {
  next_ = tally_;
  db::Transaction change(*db_);
  for (const auto& message : changes.messages) save(message);
  auto& finish =
      db_->statement("DELETE FROM recipient WHERE id = ? AND n = ?");
  for (const auto& [id, n] : changes.finished) {
    finish.run(id, n);
    next_.recipients -= db_->changed_rows();
  }
  for (const auto& id : changes.done) forget(id);
  for (const auto& site : changes.sites) save(site);
  change.commit();
  tally_ = next_;
  db_->checkpoint_above(kCheckpointPages);
}

void QueueDb::write(std::span<const StoredMessage> changed,
                    std::span<const std::string> done) {
  write({.messages = {changed.begin(), changed.end()},
         .finished = {},
         .done = {done.begin(), done.end()},
         .sites = {}});
}

void QueueDb::save(const StoredMessage& m) {
  if (!has(m.id)) {
    ++next_.messages;
  } else if (is_held(m.id)) {
    --next_.held;
  }
  next_.held += m.held ? 1 : 0;
  next_.recipients += static_cast<std::int64_t>(m.recipients.size());
  db_->statement("INSERT OR REPLACE INTO message (id, size, sender, account, "
                "arrived, expires, warned, strikes, held, reports) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(m.id, m.size, m.sender, m.account, m.arrived, m.expires, m.warned,
           m.strikes, m.held ? 1 : 0, m.reports);
  db_->statement("DELETE FROM recipient WHERE id = ?").run(m.id);
  next_.recipients -= db_->changed_rows();
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
  if (is_held(id)) --next_.held;
  db_->statement("DELETE FROM recipient WHERE id = ?").run(id);
  next_.recipients -= db_->changed_rows();
  db_->statement("DELETE FROM message WHERE id = ?").run(id);
  next_.messages -= db_->changed_rows();
}

bool QueueDb::empty() {
  auto& query = db_->statement("SELECT 1 FROM message LIMIT 1");
  const bool found = query.bind().step();
  query.reset();
  return !found;
}

std::vector<std::string> QueueDb::without_recipients() {
  std::vector<std::string> ids;
  auto& query = db_->statement(
      "SELECT id FROM message WHERE NOT EXISTS "
      "(SELECT 1 FROM recipient WHERE recipient.id = message.id)");
  for (query.bind(); query.step();) ids.emplace_back(text_in(query, 0));
  return ids;
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
  m.size = size_in(query, 0);
  m.sender = text_in(query, 1);
  m.account = account_in(query, 2);
  m.arrived = time_in(query, 3);
  m.expires = time_in(query, 4);
  m.warned = time_in(query, 5);
  m.strikes = count_in(query, 6);
  m.held = query.integer(7) != 0;
  m.reports = count_in(query, 8);
  query.reset();
  auto& rows = db_->statement(
      "SELECT n, source, address, detail, account, state, attempts, next_at, "
      "last_code, last_text, orcpt, notify, remote, reply, tried_at, site, "
      "history "
      "FROM recipient WHERE id = ? ORDER BY n");
  for (rows.bind(id); rows.step();) {
    m.recipients.push_back(recipient_in(rows));
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
    rows.push_back({query.integer(0), std::string(text_in(query, 1)),
                    account_in(query, 2), std::string(text_in(query, 3)),
                    static_cast<int>(query.integer(4))});
  }
  return rows;
}

std::optional<Micros> QueueDb::next_due(Micros after) {
  auto& query = db_->statement(
      "SELECT next_at FROM recipient INDEXED BY recipient_due "
      "WHERE next_at > 0 AND next_at > ? ORDER BY next_at LIMIT 1");
  if (!query.bind(after).step()) return {};
  const Micros next = time_in(query, 0);
  query.reset();
  return next;
}

void QueueDb::hurry_account(std::uint64_t account, Micros now) {
  db_->statement("UPDATE recipient SET next_at = ? "
                "WHERE account = ? AND account > 0 AND state = 1 "
                "AND next_at > 0")
      .run(now, account);
}

void QueueDb::shift_times(Micros step) {
  db::Transaction change(*db_);
  db_->statement("UPDATE recipient SET next_at = max(1, next_at + ?) "
                "WHERE next_at > 0")
      .run(step);
  db_->statement("UPDATE recipient SET tried_at = max(1, tried_at + ?) "
                "WHERE tried_at > 0")
      .run(step);
  db_->statement("UPDATE message SET expires = expires + ?, "
                "arrived = arrived + ?, "
                "warned = iif(warned > 0, max(1, warned + ?), 0)")
      .run(step, step, step);
  change.commit();
}

}  // namespace mail::spool
