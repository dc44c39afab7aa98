#include "intake/client_names.h"

#include <algorithm>

namespace mail::intake {
namespace {

constexpr Micros kKept = 10 * kMinute;
constexpr std::size_t kMost = 10'000;

// RFC 8601 section 3: at most 10 names are tried; a few are plenty.
constexpr std::size_t kNamesTried = 3;
constexpr Micros kPatience = 6 * kSecond;

}  // namespace

class ClientNames::Asking {
 public:
  explicit Asking(ClientNames& names) : names_(names) {
    const std::lock_guard lock(names_.mutex_);
    too_many_ = ++names_.asking_ > kAtOnce;
  }
  ~Asking() {
    const std::lock_guard lock(names_.mutex_);
    --names_.asking_;
  }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  bool too_many() const { return too_many_; }

 private:
  ClientNames& names_;
  bool too_many_ = false;
};

std::string ClientNames::name_of(const std::string& address) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(address);
    if (found != known_.end() && found->second.until > steady_time()) {
      return found->second.name;
    }
  }
  const Asking asking(*this);
  if (asking.too_many()) return "";
  std::string name = look_up(address);
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kMost) known_.clear();
  known_[address] = {name, steady_time() + kKept};
  return name;
}

std::string ClientNames::look_up(const std::string& address) {
  const Micros end = steady_time() + kPatience;
  const auto names = resolver_.ptr(address);
  const bool v6 = address.find(':') != std::string::npos;
  std::size_t tried = 0;
  for (const std::string& name : names.records) {
    if (++tried > kNamesTried || (tried > 1 && steady_time() > end)) break;
    const auto back = v6 ? resolver_.aaaa(name) : resolver_.a(name);
    if (std::ranges::find(back.records, address) != back.records.end()) {
      return name;
    }
  }
  return "";
}

}  // namespace mail::intake
