// ClientNames: the name of a client's address, if both sides agree on it.
//
// The name its reverse record gives, when that name leads back to the address
// (RFC 8601 section 3, "iprev").  Answers are remembered for a while; trouble
// counts as no name.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "dns/resolver.h"

namespace mail::intake {

class ClientNames {
 public:
  // The resolver's own deadline is how long a question may take.
  explicit ClientNames(dns::Resolver& resolver) : resolver_(resolver) {}

  // The verified name, or empty.
  std::string name_of(const std::string& address);

 private:
  std::string look_up(const std::string& address);

  struct Known {
    std::string name;
    Micros until = 0;  // by the steady clock
  };
  dns::Resolver& resolver_;
  std::mutex mutex_;
  std::map<std::string, Known> known_;
};

}  // namespace mail::intake
