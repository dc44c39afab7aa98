// What queue.db remembers of sites, and what is suspended.

#include "spool/queue_db.h"
#include "spool/queue_lists.h"

namespace mail::spool {

void QueueDb::save(const SiteRow& site) {
  db_->statement("INSERT OR REPLACE INTO site (name, window, deaths, "
                "dead_until, hosts, why, seen) VALUES (?, ?, ?, ?, ?, ?, ?)")
      .run(site.name, site.window, site.deaths, site.dead_until, site.hosts,
           site.why, site.seen);
}

std::vector<SiteRow> QueueDb::sites() {
  std::vector<SiteRow> sites;
  auto& query = db_->statement(
      "SELECT name, window, deaths, dead_until, hosts, why, seen FROM site "
      "ORDER BY name");
  for (query.bind(); query.step();) {
    sites.push_back(site_in(query));
  }
  return sites;
}

void QueueDb::forget_sites(Micros before) {
  db_->statement("DELETE FROM site WHERE seen < ?").run(before);
}

void QueueDb::suspend(const Suspension& suspension) {
  db_->statement("INSERT OR REPLACE INTO suspension (kind, name, until, why) "
                "VALUES (?, ?, ?, ?)")
      .run(word(suspension.kind), suspension.name, suspension.until,
           suspension.why);
}

bool QueueDb::resume(Suspension::Kind kind, std::string_view name) {
  db_->statement("DELETE FROM suspension WHERE kind = ? AND name = ?")
      .run(word(kind), name);
  return db_->changed_rows() > 0;
}

std::vector<Suspension> QueueDb::suspensions(Micros now) {
  return list_suspensions(*db_, now);
}

void QueueDb::hurry(Suspension::Kind kind, std::string_view name, Micros now) {
  if (kind == Suspension::Kind::Site) {
    db_->statement("UPDATE recipient SET next_at = ? WHERE site = ? "
                  "AND site <> '' AND next_at > ?")
        .run(now, name, now);
  } else {
    db_->statement("UPDATE recipient SET next_at = ? WHERE domain = ? "
                  "AND next_at > ?")
        .run(now, name, now);
  }
}

}  // namespace mail::spool
