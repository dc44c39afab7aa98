// Upkeep: what an account's owner does for it now and then.
//
// At most once an hour after a delivery, and every night for all: forgets
// old deliveries, removes old files, shrinks logs.  One account at a time,
// when there is nothing to deliver, so that mail never waits long for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "store/accounts.h"

namespace mail::deliver {

class Upkeep {
 public:
  // `accounts_folder`: where all accounts lie; `mine`: which of them this
  // worker owns; `in_spool`: whether a spool id still has a name.
  struct Options {
    std::string accounts_folder;
    std::function<bool(std::uint64_t account)> mine;
    std::function<bool(std::string_view id)> in_spool;
  };
  Upkeep(store::Accounts& accounts, Options options,
         Micros now = wall_time());

  // A delivery was made to it.
  void touched(std::uint64_t account, Micros now);

  // Whether there is something to do, and how urgently.
  bool due(Micros now) const;
  bool overdue(Micros now) const;

  // Looks after the account that waits longest.
  void step(Micros now);

 private:
  void look_after(std::uint64_t account);
  void plan_night(Micros now);

  store::Accounts& accounts_;
  Options options_;
  std::map<std::uint64_t, Micros> last_;         // account, when it was done
  std::multimap<Micros, std::uint64_t> waiting_;  // when it is due, account
  Micros night_ = 0;                             // when all are planned next
};

// The accounts that have a folder below accounts/.
std::vector<std::uint64_t> list_accounts(const std::string& accounts_folder);

}  // namespace mail::deliver
