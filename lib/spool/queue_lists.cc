#include "spool/queue_lists.h"

#include "spool/queue_values.h"

namespace mail::spool {

std::vector<Suspension> list_suspensions(db::Database& db, Micros now) {
  std::vector<Suspension> all;
  auto& query = db.statement(
      "SELECT kind, name, until, why FROM suspension WHERE until > ? "
      "ORDER BY kind, name");
  for (query.bind(now); query.step();) {
    const bool site = query.text(0) == word(Suspension::Kind::Site);
    all.push_back({site ? Suspension::Kind::Site : Suspension::Kind::Domain,
                   std::string(text_in(query, 1)), time_in(query, 2),
                   std::string(text_in(query, 3))});
  }
  return all;
}

std::vector<HoldRule> list_hold_rules(db::Database& db) {
  std::vector<HoldRule> all;
  auto& query = db.statement(
      "SELECT n, sender, recipient, account, why, made FROM hold_rule "
      "ORDER BY n");
  for (query.bind(); query.step();) {
    all.push_back({query.integer(0), std::string(text_in(query, 1)),
                   std::string(text_in(query, 2)), account_in(query, 3),
                   std::string(text_in(query, 4)), time_in(query, 5)});
  }
  return all;
}

std::vector<Suppression> list_suppressions(db::Database& db, Micros now) {
  std::vector<Suppression> all;
  auto& query = db.statement(
      "SELECT address, until, why, made FROM suppression "
      "WHERE until = 0 OR until > ? ORDER BY address");
  for (query.bind(now); query.step();) all.push_back(suppression_in(query));
  return all;
}

Suppression suppression_in(const db::Statement& row) {
  return {std::string(text_in(row, 0)), time_in(row, 1),
          std::string(text_in(row, 2)), time_in(row, 3)};
}

SiteRow site_in(const db::Statement& row) {
  return {std::string(text_in(row, 0)), count_in(row, 1),
          count_in(row, 2),             time_in(row, 3),
          std::string(text_in(row, 4)), std::string(text_in(row, 5)),
          time_in(row, 6)};
}

}  // namespace mail::spool
