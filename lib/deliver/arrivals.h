// Arrivals: ids that are known and not in hand yet.
//
// Whose message it is says the file alone.  What was opened and found to be of
// an account that has its share in hand is parked with its account; accounts
// take turns, and so do they, what was announced just now, and what a scan has
// found: nothing new waits behind what has piled up.  What does not fit is
// dropped: it is in the spool, and the next scan finds it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/clock.h"

namespace mail::deliver {

class Arrivals {
 public:
  // From smtpd, or a report of ours.
  void announce(std::string id);
  // From a scan, or once more.
  void add(std::string id);
  void park(std::uint64_t account, std::string id);

  // It could not be opened: once more after 0.2, 0.4 ... 60 s, while others
  // are; wake() lets those come whose time it is.  It could.
  void put_off(const std::string& id, Micros now);
  void wake(Micros now);
  void opened(const std::string& id) { pauses_.erase(id); }

  // The next to be opened: of an account that may have one more, else one of
  // whom nothing is known.
  std::optional<std::string> next(
      const std::function<bool(std::uint64_t account)>& may_have);
  // When to ask: now, or when wake() has something; in steady_time().
  Micros due() const;

  std::size_t size() const {
    return fresh_.size() + unknown_.size() + parked_count_ + put_off_.size();
  }
  std::set<std::string> all() const;

  // Some were dropped, and there is room again.
  bool wants_scan() const;
  void scanned() { missed_ = false; }
  void miss() { missed_ = true; }

 private:
  using MayHave = std::function<bool(std::uint64_t account)>;
  using Ids = std::deque<std::string>;
  static std::optional<std::string> first_of(Ids& ids);
  std::optional<std::string> next_parked(const MayHave& may_have);

  Ids fresh_;
  Ids unknown_;
  std::map<std::uint64_t, std::deque<std::string>> parked_;
  std::size_t parked_count_ = 0;
  std::uint64_t last_ = 0;  // the account whose turn was last
  std::set<std::pair<Micros, std::string>> put_off_;
  std::map<std::string, Micros> pauses_;  // of those that were
  bool missed_ = false;
  int turn_ = 0;  // of fresh, parked, unknown
};

}  // namespace mail::deliver
