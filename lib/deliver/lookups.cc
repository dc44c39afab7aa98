#include "deliver/lookups.h"

#include "base/attempt.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "relay/hosts.h"

namespace mail::deliver {
namespace {

constexpr std::size_t kMostThreads = 64;
constexpr std::size_t kMostWaiting = 20'000;

Found::Outcome outcome_of(relay::Destination::Outcome outcome) {
  switch (outcome) {
    case relay::Destination::Outcome::Hosts:
      return Found::Outcome::Hosts;
    case relay::Destination::Outcome::NoMail:
      return Found::Outcome::NoMail;
    case relay::Destination::Outcome::NoDomain:
      return Found::Outcome::NoDomain;
    case relay::Destination::Outcome::TryLater:
      break;
  }
  return Found::Outcome::TryLater;
}

Found not_now(std::uint64_t number, std::string why) {
  Found found;
  found.number = number;
  found.why = std::move(why);
  found.enhanced = "4.4.3";
  return found;
}

}  // namespace

Lookups::Lookups(dns::Resolver& resolver, std::string hostname, Tell tell)
    : resolver_(resolver),
      hostname_(std::move(hostname)),
      tell_(std::move(tell)) {}

Lookups::~Lookups() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  threads_.clear();
}

void Lookups::add(Lookup lookup) {
  std::unique_lock lock(mutex_);
  if (waiting_.size() >= kMostWaiting) {
    lock.unlock();
    return tell_(not_now(lookup.number, "too many questions at once"));
  }
  waiting_.push_back(std::move(lookup));
  if (waiting_.size() > idle_ && threads_.size() < kMostThreads) {
    threads_.push_back(std::make_unique<Thread>([this] { work(); }));
  }
  lock.unlock();
  changed_.notify_one();
}

void Lookups::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    --idle_;
    if (stopping_) return;
    const Lookup lookup = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    answer(lookup);
    lock.lock();
  }
}

void Lookups::answer(const Lookup& lookup) {
  Found found = not_now(lookup.number, "");
  const Micros begun = steady_time();
  const auto done = attempt([&] {
    auto destination =
        relay::find_destination(resolver_, lookup.domain, hostname_);
    found.outcome = outcome_of(destination.outcome);
    found.hosts = std::move(destination.hosts);
    found.site = std::move(destination.site);
    found.ttl = destination.ttl;
    found.why = std::move(destination.why);
    found.enhanced = std::move(destination.enhanced);
    found.secure = destination.secure;
  });
  if (!done) {
    log_error("lookup-failed",
              {{"domain", lookup.domain}, {"reason", done.error().why}});
    found = not_now(lookup.number, done.error().why);
  }
  observe(Metric::LookupTime, steady_time() - begun);
  tell_(found);
}

}  // namespace mail::deliver
