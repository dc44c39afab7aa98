// TlsMemory: hosts whose STARTTLS is broken, for a while.
//
// Where encryption is only wanted, a host that offers it and then fails is
// sent mail without, and not asked again at every connection: for a minute at
// first, since a lost connection looks the same, and for an hour when it has
// failed again.  One for all threads of a process; bounded.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"

namespace mail::relay {

class TlsMemory {
 public:
  void broken(const std::string& host, Micros now);
  bool is_broken(const std::string& host, Micros now);
  // It works, or no mail is taken without it.
  void forget(const std::string& host);

 private:
  std::mutex mutex_;
  std::map<std::string, Micros> until_;  // also of those to be tried again
  std::deque<std::string> order_;
};

}  // namespace mail::relay
