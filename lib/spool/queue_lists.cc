#include "spool/queue_lists.h"

namespace mail::spool {

std::vector<Suspension> list_suspensions(db::Database& db, Micros now) {
  std::vector<Suspension> all;
  auto& query = db.statement(
      "SELECT kind, name, until, why FROM suspension WHERE until > ? "
      "ORDER BY kind, name");
  for (query.bind(now); query.step();) {
    const bool site = query.text(0) == word(Suspension::Kind::Site);
    all.push_back({site ? Suspension::Kind::Site : Suspension::Kind::Domain,
                   std::string(query.text(1)), query.integer(2),
                   std::string(query.text(3))});
  }
  return all;
}

std::vector<HoldRule> list_hold_rules(db::Database& db) {
  std::vector<HoldRule> all;
  auto& query = db.statement(
      "SELECT n, sender, recipient, account, why, made FROM hold_rule "
      "ORDER BY n");
  for (query.bind(); query.step();) {
    all.push_back({query.integer(0), std::string(query.text(1)),
                   std::string(query.text(2)),
                   static_cast<std::uint64_t>(query.integer(3)),
                   std::string(query.text(4)), query.integer(5)});
  }
  return all;
}

std::vector<Suppression> list_suppressions(db::Database& db, Micros now) {
  std::vector<Suppression> all;
  auto& query = db.statement(
      "SELECT address, until, why, made FROM suppression "
      "WHERE until = 0 OR until > ? ORDER BY address");
  for (query.bind(now); query.step();) all.push_back(suppression_of(query));
  return all;
}

Suppression suppression_of(const db::Statement& row) {
  return {std::string(row.text(0)), row.integer(1), std::string(row.text(2)),
          row.integer(3)};
}

}  // namespace mail::spool
