// Failures: what wrong passwords cost the address they come from.
//
// Each failure doubles the delay of the answer; ten of them within ten
// minutes ban the address (an IPv6 /64) for an hour.  An account is never
// locked: guesses at one name from many addresses only delay the answer for
// addresses that never logged in.  Names that exist and names that do not
// count alike.  The same wrong password again counts once: a client with an
// old password does not ban its house.  Loopback is never banned.  Any number
// of threads.
#pragma once

#include <chrono>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "directory/auth_control.h"

namespace mail::directory {

// "192.0.2.1", "2001:db8:1:2::/64"; whatever else, as it is.
std::string network_of(std::string_view address);

// Of what network_of() gave; nothing at all is an AF_UNIX peer.
bool is_loopback(std::string_view network);

class Failures {
 public:
  static constexpr int kFailuresToBan = 10;
  static constexpr Micros kWindow = 10 * kMinute;
  static constexpr Micros kBan = kHour;

  explicit Failures(const Clock& clock) : clock_(clock) {}

  bool banned(std::string_view address);

  // `guess`: a tag of name and password; empty when not known.  Says how
  // long the answer is to wait.
  std::chrono::milliseconds failed(std::string_view address,
                                   std::string_view name,
                                   std::string_view guess);
  void succeeded(std::string_view address);

  std::vector<Ban> bans();
  bool unban(std::string_view address);

 private:
  struct Record {
    int failures = 0;
    Micros first = 0;      // failure of this window
    Micros banned_until = 0;
    bool succeeded = false;
    std::string last_guess;
    std::list<std::string>::iterator place;
  };
  // The least recently used go when there are too many.
  struct Table {
    std::map<std::string, Record, std::less<>> records;
    std::list<std::string> order;
  };

  Record& touch(Table& table, const std::string& key);
  void count(Record& record) const;

  const Clock& clock_;
  std::mutex mutex_;
  Table networks_;
  Table names_;
};

}  // namespace mail::directory
