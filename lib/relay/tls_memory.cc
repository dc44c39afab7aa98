#include "relay/tls_memory.h"

namespace mail::relay {
namespace {

constexpr std::size_t kMost = 2000;

}  // namespace

void TlsMemory::broken(const std::string& host, Micros now) {
  const std::lock_guard lock(mutex_);
  if (until_.insert_or_assign(host, now + time_).second) {
    order_.push_back(host);
  }
  if (order_.size() > kMost) {
    until_.erase(order_.front());
    order_.pop_front();
  }
}

bool TlsMemory::is_broken(const std::string& host, Micros now) {
  const std::lock_guard lock(mutex_);
  const auto found = until_.find(host);
  return found != until_.end() && now < found->second;
}

}  // namespace mail::relay
