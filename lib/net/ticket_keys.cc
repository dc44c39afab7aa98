#include "net/ticket_keys.h"

#include "base/digest.h"
#include "base/random.h"

namespace mail::net {
namespace {

constexpr std::int64_t kPeriod = 12 * 3600;  // seconds
constexpr std::size_t kSeed = 32;

TicketKeys::Key key_of(const std::string& seed) {
  return {blake2b("ticket name", 16, seed),
          blake2b("ticket encryption", 32, seed),
          blake2b("ticket mac", 32, seed)};
}

}  // namespace

TicketKeys::TicketKeys(std::int64_t now)
    : period_(now / kPeriod),
      seed_(random_bytes(kSeed)),
      current_(key_of(seed_)) {}

TicketKeys::Key TicketKeys::current(std::int64_t now) {
  const std::lock_guard lock(mutex_);
  advance(now);
  return current_;
}

TicketKeys::Key TicketKeys::named(const std::string& name, std::int64_t now) {
  const std::lock_guard lock(mutex_);
  advance(now);
  if (name == current_.name) return current_;
  if (name == last_.name) return last_;
  return {};
}

// A clock that steps back changes nothing; one that leaps far ahead must not
// keep us busy: the chain then begins anew, and old tickets are not taken.
void TicketKeys::advance(std::int64_t now) {
  const std::int64_t period = now / kPeriod;
  if (period > period_ + 10'000) {
    seed_ = random_bytes(kSeed);
    current_ = key_of(seed_);
    last_ = {};
    period_ = period;
  }
  for (; period_ < period; ++period_) {
    seed_ = blake2b("next", kSeed, seed_);
    last_ = current_;
    current_ = key_of(seed_);
  }
}

}  // namespace mail::net
