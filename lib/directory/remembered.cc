#include "directory/remembered.h"

#include "base/digest.h"
#include "base/random.h"

namespace mail::directory {
namespace {

constexpr std::size_t kMaxRemembered = 50'000;

}  // namespace

Remembered::Remembered(const Clock& clock, Micros span)
    : clock_(clock), span_(span), key_(random_bytes(32)) {}

std::string Remembered::tag(std::uint64_t account, std::int64_t version,
                            std::string_view password) const {
  const std::string front =
      std::to_string(account) + ' ' + std::to_string(version) + ' ';
  return blake2b(front + std::string(password), 32, key_);
}

bool Remembered::knows(const std::string& tag) const {
  const auto found = until_.find(tag);
  return found != until_.end() && clock_.now() < found->second;
}

void Remembered::add(const std::string& tag) {
  if (span_ <= 0) return;
  forget_old();
  // Not prolonged: after its time a password is checked in full again.
  const auto [place, fresh] = until_.emplace(tag, 0);
  if (fresh) order_.push_back(tag);
  if (clock_.now() >= place->second) place->second = clock_.now() + span_;
}

void Remembered::forget_old() {
  while (!order_.empty() && (order_.size() >= kMaxRemembered ||
                             until_.at(order_.front()) <= clock_.now())) {
    until_.erase(order_.front());
    order_.pop_front();
  }
}

}  // namespace mail::directory
