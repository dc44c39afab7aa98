// ClientNames: the name of a client's address, if both sides agree on it.
//
// The name its reverse record gives, when that name leads back to the address
// (RFC 8601 section 3, "iprev").  Answers are remembered for a while; trouble
// counts as no name.  So does being one question too many: names whose servers
// do not answer must not take up the threads that others need.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "dns/resolver.h"

namespace mail::intake {

class ClientNames {
 public:
  static constexpr int kAtOnce = 16;  // questions

  // The resolver's own deadline is how long a question may take; a name takes
  // two, and no more than six seconds else.
  explicit ClientNames(dns::Resolver& resolver) : resolver_(resolver) {}

  // The verified name, or empty.
  std::string name_of(const std::string& address);

 private:
  // One of the questions under way.
  class Asking;

  std::string look_up(const std::string& address);

  struct Known {
    std::string name;
    Micros until = 0;  // by the steady clock
  };
  dns::Resolver& resolver_;
  std::mutex mutex_;
  int asking_ = 0;
  std::map<std::string, Known> known_;
};

}  // namespace mail::intake
