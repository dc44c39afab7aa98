#include "intake/client_names.h"

#include <algorithm>

namespace mail::intake {
namespace {

constexpr Micros kKept = 10 * kMinute;
constexpr std::size_t kMost = 10'000;

// RFC 8601 section 3: at most 10 names are tried; a few are plenty.
constexpr std::size_t kNamesTried = 3;

}  // namespace

std::string ClientNames::name_of(const std::string& address) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(address);
    if (found != known_.end() && found->second.until > steady_time()) {
      return found->second.name;
    }
  }
  std::string name = look_up(address);
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kMost) known_.clear();
  known_[address] = {name, steady_time() + kKept};
  return name;
}

std::string ClientNames::look_up(const std::string& address) {
  const auto names = resolver_.ptr(address);
  const bool v6 = address.find(':') != std::string::npos;
  std::size_t tried = 0;
  for (const std::string& name : names.records) {
    if (++tried > kNamesTried) break;
    const auto back = v6 ? resolver_.aaaa(name) : resolver_.a(name);
    if (std::ranges::find(back.records, address) != back.records.end()) {
      return name;
    }
  }
  return "";
}

}  // namespace mail::intake
