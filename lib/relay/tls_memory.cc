#include "relay/tls_memory.h"

namespace mail::relay {
namespace {

constexpr std::size_t kMost = 2000;
constexpr Micros kFirst = kMinute;
constexpr Micros kAgain = kHour;

}  // namespace

void TlsMemory::broken(const std::string& host, Micros now) {
  const std::lock_guard lock(mutex_);
  const auto [known, fresh] = until_.try_emplace(host, now + kFirst);
  if (fresh) {
    order_.push_back(host);
  } else if (known->second <= now) {
    known->second = now + kAgain;  // not by another connection of that moment
  }
  if (order_.size() > kMost) {
    until_.erase(order_.front());
    order_.pop_front();
  }
}

void TlsMemory::forget(const std::string& host) {
  const std::lock_guard lock(mutex_);
  if (until_.erase(host) > 0) std::erase(order_, host);
}

bool TlsMemory::is_broken(const std::string& host, Micros now) {
  const std::lock_guard lock(mutex_);
  const auto found = until_.find(host);
  return found != until_.end() && now < found->second;
}

}  // namespace mail::relay
