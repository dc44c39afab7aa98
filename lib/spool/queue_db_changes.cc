// What administrators change in queue.db.

#include "spool/queue_db.h"

namespace mail::spool {
namespace {

// Runs `whole` for a target without recipients, else `part` for each of them.
// Their parameters: what is set, then the id, then n.  How many messages had
// rows that changed.
template <class... Values>
std::int64_t change_each(db::Database& db, std::span<const QueueTarget> targets,
                         std::pair<std::string_view, std::string_view> sql,
                         const Values&... values) {
  auto& whole = db.statement(sql.first);
  auto& part = db.statement(sql.second);
  std::int64_t changed = 0;
  for (const auto& target : targets) {
    bool any = false;
    if (target.recipients.empty()) {
      whole.run(values..., target.id);
      any = db.changed_rows() > 0;
    }
    for (const int n : target.recipients) {
      part.run(values..., target.id, n);
      any = any || db.changed_rows() > 0;
    }
    changed += any ? 1 : 0;
  }
  return changed;
}

}  // namespace

std::int64_t QueueDb::hurry(std::span<const QueueTarget> targets, Micros now) {
  db::Transaction change(*db_);
  const auto changed = change_each(
      *db_, targets,
      {"UPDATE recipient SET next_at = ? WHERE id = ? AND next_at > 0",
       "UPDATE recipient SET next_at = ? WHERE id = ? AND n = ? "
       "AND next_at > 0"},
      now);
  change.commit();
  return changed;
}

void QueueDb::hold(std::span<const std::string> ids) {
  next_ = tally_;
  db::Transaction change(*db_);
  for (const auto& id : ids) {
    db_->statement("UPDATE message SET held = 1 WHERE id = ? AND held = 0")
        .run(id);
    next_.held += db_->changed_rows();
    db_->statement("UPDATE recipient SET next_at = 0 WHERE id = ?").run(id);
  }
  change.commit();
  tally_ = next_;
}

void QueueDb::release(std::span<const std::string> ids, Micros now) {
  next_ = tally_;
  db::Transaction change(*db_);
  for (const auto& id : ids) {
    db_->statement("UPDATE message SET held = 0 WHERE id = ? AND held <> 0")
        .run(id);
    next_.held -= db_->changed_rows();
    db_->statement("UPDATE recipient SET next_at = ? "
                  "WHERE id = ? AND state <> 2")
        .run(now, id);
  }
  change.commit();
  tally_ = next_;
}

bool QueueDb::is_held(std::string_view id) {
  auto& query = db_->statement("SELECT held FROM message WHERE id = ?");
  const bool held = query.bind(id).step() && query.integer(0) != 0;
  query.reset();
  return held;
}

std::int64_t QueueDb::give_up(std::span<const QueueTarget> targets,
                              const GivenUp& why, Micros now) {
  db::Transaction change(*db_);
  const auto changed = change_each(
      *db_, targets,
      {"UPDATE recipient SET state = 3, last_code = ?, "
       "last_text = rtrim(? || last_text), reply = 0, next_at = ? "
       "WHERE id = ? AND state < 3",
       "UPDATE recipient SET state = 3, last_code = ?, "
       "last_text = rtrim(? || last_text), reply = 0, next_at = ? "
       "WHERE id = ? AND n = ? AND state < 3"},
      why.code, why.text, now);
  change.commit();
  return changed;
}

std::set<std::string> QueueDb::sites_of(std::span<const QueueTarget> targets) {
  std::set<std::string> sites;
  auto& query = db_->statement(
      "SELECT DISTINCT site FROM recipient WHERE id = ? AND +site <> ''");
  for (const auto& target : targets) {
    for (query.bind(target.id); query.step();) sites.emplace(query.text(0));
  }
  return sites;
}

void QueueDb::drop(std::span<const QueueTarget> targets) {
  next_ = tally_;
  db::Transaction change(*db_);
  auto& finish =
      db_->statement("DELETE FROM recipient WHERE id = ? AND n = ?");
  for (const auto& target : targets) {
    for (const int n : target.recipients) {
      finish.run(target.id, n);
      next_.recipients -= db_->changed_rows();
    }
  }
  change.commit();
  tally_ = next_;
}

}  // namespace mail::spool
