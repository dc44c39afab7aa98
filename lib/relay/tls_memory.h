// TlsMemory: hosts whose STARTTLS is broken, for a while.
//
// Where encryption is only wanted, a host that offers it and then fails is
// sent mail without, and not asked again at every connection.  One for all
// threads of a process; bounded.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"

namespace mail::relay {

class TlsMemory {
 public:
  explicit TlsMemory(Micros time = kHour) : time_(time) {}

  void broken(const std::string& host, Micros now);
  bool is_broken(const std::string& host, Micros now);

 private:
  const Micros time_;
  std::mutex mutex_;
  std::map<std::string, Micros> until_;
  std::deque<std::string> order_;
};

}  // namespace mail::relay
