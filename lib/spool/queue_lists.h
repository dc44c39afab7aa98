// What queue.db lists of what administrators have said: read by the scheduler
// (spool/queue_db.h) and by their own tool (spool/queue_reader.h) alike.
#pragma once

#include <vector>

#include "db/database.h"
#include "spool/queue_rows.h"

namespace mail::spool {

// Those that have not ended yet, by kind and name.
std::vector<Suspension> list_suspensions(db::Database& db, Micros now);

// By number.
std::vector<HoldRule> list_hold_rules(db::Database& db);

// Those that have not ended yet, by address.
std::vector<Suppression> list_suppressions(db::Database& db, Micros now);

// A row of name, window, deaths, dead_until, hosts, why, seen.
SiteRow site_in(const db::Statement& row);

// A row of address, until, why, made.
Suppression suppression_in(const db::Statement& row);

}  // namespace mail::spool
