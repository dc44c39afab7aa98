// What queue.db says of mail that is not to be tried: rules that hold it, and
// addresses that are suppressed.

#include "base/ascii.h"
#include "spool/queue_db.h"
#include "spool/queue_lists.h"

namespace mail::spool {
namespace {

std::string at_domain(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at == address.npos ? "" : lower(address.substr(at));
}

}  // namespace

std::int64_t QueueDb::add_rule(const HoldRule& rule) {
  db_->statement("INSERT INTO hold_rule (sender, recipient, account, why, "
                 "made) VALUES (?, ?, ?, ?, ?)")
      .run(rule.sender, rule.recipient, rule.account, rule.why, rule.made);
  return db_->last_insert_id();
}

bool QueueDb::remove_rule(std::int64_t n) {
  db_->statement("DELETE FROM hold_rule WHERE n = ?").run(n);
  return db_->changed_rows() > 0;
}

std::vector<HoldRule> QueueDb::rules() { return list_hold_rules(*db_); }

void QueueDb::suppress(const Suppression& suppression, Micros now) {
  const std::string address = lower(suppression.address);
  const std::string domain = address.substr(address.rfind('@') + 1);
  const bool whole = address.starts_with('@');
  db::Transaction change(*db_);
  db_->statement("INSERT OR REPLACE INTO suppression (address, until, why, "
                 "made) VALUES (?, ?, ?, ?)")
      .run(address, suppression.until, suppression.why, suppression.made);
  db_->statement("UPDATE recipient SET next_at = ? WHERE domain = ? "
                 "AND next_at > ? AND (? OR address = ? COLLATE NOCASE)")
      .run(now, domain, now, whole ? 1 : 0, address);
  change.commit();
}

bool QueueDb::unsuppress(std::string_view address) {
  db_->statement("DELETE FROM suppression WHERE address = ?")
      .run(lower(address));
  return db_->changed_rows() > 0;
}

std::optional<Suppression> QueueDb::suppression(std::string_view address,
                                                Micros now) {
  const std::string whole = lower(address);
  const std::string domain = at_domain(address);
  auto& query = db_->statement(
      "SELECT address, until, why, made FROM suppression "
      "WHERE address IN (?, ?) AND (until = 0 OR until > ?) "
      "ORDER BY length(address) DESC LIMIT 1");
  query.bind(whole, domain, now);
  if (!query.step()) return {};
  const Suppression found = suppression_in(query);
  query.reset();
  return found;
}

bool QueueDb::any_suppression() {
  auto& query = db_->statement("SELECT 1 FROM suppression LIMIT 1");
  const bool found = query.bind().step();
  query.reset();
  return found;
}

void QueueDb::forget_suppressions(Micros now) {
  db_->statement("DELETE FROM suppression WHERE until > 0 AND until <= ?")
      .run(now);
}

}  // namespace mail::spool
