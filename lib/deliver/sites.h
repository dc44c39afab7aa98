// Sites: all of them, the ring of those with something to do, and what is
// suspended.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/settings.h"
#include "deliver/site.h"
#include "spool/queue_rows.h"

namespace mail::deliver {

class Sites {
 public:
  explicit Sites(const config::Settings& settings);

  // From the last time; and what is to be remembered of one.
  void restore(const std::vector<spool::SiteRow>& rows, Micros wall);
  spool::SiteRow to_row(const Site& site, Micros wall) const;

  Site& at(const std::string& name, Micros now);
  Site* find(const std::string& name);
  const std::map<std::string, std::unique_ptr<Site>>& all() const {
    return sites_;
  }

  // It may have something to do.
  void wake(Site& site);
  // The same, before those in the ring.
  void wake_first(Site& site);
  // The next one, which is awake no more.
  Site* next();
  std::size_t awake() const { return first_.size() + ring_.size(); }

  // When mail for this domain, or to this site, may leave again; in wall
  // time.  Nothing: now.
  std::optional<Micros> suspended(spool::Suspension::Kind kind,
                                  const std::string& name, Micros wall) const;
  void set_suspensions(std::vector<spool::Suspension> all);

 private:
  void make_room();

  const std::int64_t start_;
  const std::int64_t limit_;
  std::map<std::string, std::unique_ptr<Site>> sites_;
  std::deque<Site*> first_;
  std::deque<Site*> ring_;
  std::map<std::string, Micros> suspended_[2];  // by kind
};

}  // namespace mail::deliver
