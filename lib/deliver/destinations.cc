#include "deliver/destinations.h"

#include <algorithm>

#include "base/random.h"

namespace mail::deliver {
namespace {

constexpr std::size_t kMostKnown = 20'000;
constexpr std::size_t kMostAsked = 200;
constexpr std::uint32_t kLeastLife = 10;
constexpr std::uint32_t kMostLife = 3600;

}  // namespace

Destinations::Destinations() : number_(random_number() >> 2) {}

const Found* Destinations::find(const std::string& domain, Micros now) {
  const auto known = known_.find(domain);
  if (known == known_.end()) return nullptr;
  if (known->second.until > now) return &known->second.found;
  known_.erase(known);
  return nullptr;
}

void Destinations::wait(const std::string& domain, Consignment consignment) {
  auto& waiting = waiting_[domain];
  if (waiting.empty()) unasked_.push_back(domain);
  waiting.push_back(std::move(consignment));
}

std::optional<Lookup> Destinations::next() const {
  if (unasked_.empty() || asked_.size() >= kMostAsked) return {};
  Lookup lookup;
  lookup.number = number_ + 1;
  lookup.domain = unasked_.front();
  return lookup;
}

void Destinations::sent(std::size_t sender) {
  asked_.emplace(++number_, Question{std::move(unasked_.front()), sender});
  unasked_.pop_front();
}

std::vector<Consignment> Destinations::take(Found found, Micros now) {
  const auto asked = asked_.find(found.number);
  if (asked == asked_.end()) return {};
  const std::string domain = std::move(asked->second.domain);
  asked_.erase(asked);
  const auto life = std::clamp(found.ttl, kLeastLife, kMostLife);
  make_room(now);
  known_.insert_or_assign(domain,
                          Known{std::move(found), now + life * kSecond});
  auto waiting = waiting_.extract(domain);
  return waiting ? std::move(waiting.mapped()) : std::vector<Consignment>();
}

void Destinations::make_room(Micros now) {
  if (known_.size() < kMostKnown) return;
  std::erase_if(known_,
                [&](const auto& one) { return one.second.until <= now; });
  // Still full: every second one goes.
  std::size_t count = 0;
  if (known_.size() < kMostKnown) return;
  std::erase_if(known_, [&](const auto&) { return count++ % 2 == 0; });
}

void Destinations::died(std::size_t sender) {
  for (auto one = asked_.begin(); one != asked_.end();) {
    if (one->second.sender == sender) {
      unasked_.push_front(std::move(one->second.domain));
      one = asked_.erase(one);
    } else {
      ++one;
    }
  }
}

// What is asked for nobody any more is answered to nobody.
std::vector<Consignment> Destinations::withdraw(const Messages& messages) {
  std::vector<Consignment> out;
  for (auto& [domain, waiting] : waiting_) {
    std::erase_if(waiting, [&](Consignment& one) {
      if (!messages.contains(one.message)) return false;
      out.push_back(std::move(one));
      return true;
    });
  }
  return out;
}

}  // namespace mail::deliver
