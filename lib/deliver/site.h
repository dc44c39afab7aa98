// Site: the servers that take mail for some domains, and how they fare.
//
// All domains with the same servers are one site, so that a provider's
// limits are met by all of its customers' mail together.  A site whose
// servers cannot be reached, twice as often in a row as its window is wide,
// is dead: for a minute, then longer, up to an hour; then one message tries
// it again.  So is one that has refused our login, at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "deliver/errand.h"
#include "deliver/site_queue.h"
#include "deliver/window.h"

namespace mail::deliver {

class Site {
 public:
  // A connection: over which sender, and its slot there.
  struct Slot {
    std::size_t sender = 0;
    std::uint32_t number = 0;
    bool busy = false;
  };

  Site(std::string name, Window window)
      : name_(std::move(name)), window_(window) {}

  const std::string& name() const { return name_; }
  const Window& window() const { return window_; }
  const std::string& why() const { return why_; }
  int deaths() const { return deaths_; }
  int failures() const { return failed_; }  // errands in a row
  Micros dead_until() const { return dead_until_; }  // steady; 0: it lives

  // Whether mail for it had better wait.
  bool is_dead(Micros now) const { return now < dead_until_; }
  // Whether one more errand may be out.
  bool may_start(Micros now) const;

  // What an errand said of it.  Whether it is dead since, or lives since.
  bool fared_well();
  bool was_busy(Micros now, const std::string& why);
  bool was_dead(Micros now, const std::string& why);
  bool barred_us(Micros now, const std::string& why);
  void restore(std::int64_t window, int deaths, Micros dead_until,
               std::string why);
  // Somebody says that it is there again.
  void revive();

  SiteQueue queue;
  std::vector<Exchange> hosts;
  std::vector<Slot> slots;
  std::size_t busy = 0;  // slots with an errand
  bool ready = false;    // in the ring of sites with something to do
  bool goes_on = false;  // before those in the ring
  Micros turn = 0;       // since when its turn lasts; 0: the next begins one
  Micros used = 0;       // steady

 private:
  bool die(Micros now);

  std::string name_;
  Window window_;
  double failures_ = 0;  // cohorts in a row
  int failed_ = 0;       // errands in a row
  int deaths_ = 0;       // in a row
  Micros dead_until_ = 0;
  std::string why_;
};

}  // namespace mail::deliver
