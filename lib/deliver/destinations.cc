#include "deliver/destinations.h"

#include <algorithm>

#include "base/random.h"

namespace mail::deliver {
namespace {

constexpr std::size_t kMostKnown = 20'000;
// Fewer than one sender has threads for, whichever gets them: what waits,
// waits in its turn here.
constexpr std::size_t kMostAsked = 48;
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
  want(consignment.message->account, domain);
  waiting_[domain].push_back(std::move(consignment));
}

void Destinations::want(std::uint64_t account, const std::string& domain) {
  if (out_.contains(domain)) return;
  const auto [asker, fresh] = askers_.try_emplace(account);
  if (fresh) turns_.push_back(account);
  if (!asker->second.all.insert(domain).second) return;
  asker->second.order.push_back(domain);
}

// Of those that may ask no more each has a question out: they are few.
std::optional<Lookup> Destinations::next() {
  std::size_t full = 0;
  while (full < turns_.size() && out_.size() < kMostAsked) {
    const auto share = shares_.find(turns_.front());
    if (share != shares_.end() && share->second >= kMostAsked - out_.size()) {
      turns_.push_back(turns_.front());
      turns_.pop_front();
      ++full;
      continue;
    }
    const auto asker = askers_.find(turns_.front());
    auto& order = asker->second.order;
    // Others may have asked for it, or nobody waits for it any more.
    while (!order.empty() && (out_.contains(order.front()) ||
                              !waiting_.contains(order.front()))) {
      asker->second.all.erase(order.front());
      order.pop_front();
    }
    if (!order.empty()) {
      Lookup lookup;
      lookup.number = number_ + 1;
      lookup.domain = order.front();
      return lookup;
    }
    askers_.erase(asker);
    turns_.pop_front();
  }
  return {};
}

void Destinations::sent(std::size_t sender) {
  const std::uint64_t account = turns_.front();
  Asker& asker = askers_.at(account);
  std::string domain = std::move(asker.order.front());
  asker.order.pop_front();
  asker.all.erase(domain);
  turns_.pop_front();
  turns_.push_back(account);
  out_.insert(domain);
  ++shares_[account];
  asked_.emplace(++number_, Question{std::move(domain), sender, account});
}

Destinations::Question Destinations::end(
    std::map<std::uint64_t, Question>::iterator asked) {
  Question question = std::move(asked->second);
  asked_.erase(asked);
  out_.erase(question.domain);
  const auto share = shares_.find(question.account);
  if (--share->second == 0) shares_.erase(share);
  return question;
}

std::vector<Consignment> Destinations::take(Found found, Micros now) {
  const auto asked = asked_.find(found.number);
  if (asked == asked_.end()) return {};
  const std::string domain = end(asked).domain;
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
    const auto here = one++;
    if (here->second.sender != sender) continue;
    const std::string domain = end(here).domain;
    const auto waiting = waiting_.find(domain);
    if (waiting == waiting_.end()) continue;
    for (const auto& c : waiting->second) want(c.message->account, domain);
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
  std::erase_if(waiting_, [](const auto& one) { return one.second.empty(); });
  return out;
}

}  // namespace mail::deliver
