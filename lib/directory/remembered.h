// Remembered: logins that succeeded a short while ago.
//
// A client that connects again need not pay for Argon2id again.  What is
// kept is a BLAKE2b of account, credential version and password, under a key
// that lives only in this process.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace mail::directory {

class Remembered {
 public:
  Remembered(const Clock& clock, Micros span);

  std::string tag(std::uint64_t account, std::int64_t version,
                  std::string_view password) const;

  bool knows(const std::string& tag) const;
  void add(const std::string& tag);

  // How long from now on; what is remembered keeps its time.
  void remember_for(Micros span) { span_ = span; }

 private:
  void forget_old();

  const Clock& clock_;
  Micros span_;
  std::string key_;
  std::map<std::string, Micros> until_;
  std::deque<std::string> order_;  // as they were added
};

}  // namespace mail::directory
