#include "deliver/upkeep.h"

#include <algorithm>
#include <ctime>

#include "base/attempt.h"
#include "base/base32.h"
#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "directory/directory.h"
#include "store/account.h"

namespace mail::deliver {
namespace {

// One that waited so long is looked after although there is mail.
constexpr Micros kPatience = 10 * kMinute;
constexpr std::size_t kRemembered = 100'000;
constexpr int kNightHour = 3;
constexpr std::uint32_t kNightSeconds = 3 * 3600;

// The next 3 o'clock, and up to an hour behind it, so that not all workers
// begin at once.
Micros next_night(Micros now) {
  const auto seconds = static_cast<std::time_t>(now / kSecond);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  const Micros midnight =
      now -
      (local.tm_hour * kHour + local.tm_min * kMinute + local.tm_sec * kSecond);
  Micros night = midnight + kNightHour * kHour;
  if (night <= now) night += kDay;
  return night + random_below(3600) * kSecond;
}

}  // namespace

Upkeep::Upkeep(store::Accounts& accounts, Options options, Micros now)
    : accounts_(accounts),
      options_(std::move(options)),
      night_(next_night(now)) {}

void Upkeep::touched(std::uint64_t account, Micros now) {
  if (last_.size() >= kRemembered) last_.clear();
  // The first time it is due in an hour at the latest: a worker that starts
  // has other things to do.
  const auto [at, fresh] =
      last_.try_emplace(account, now - random_below(3600) * kSecond);
  // While it waits, it is remembered as not yet done.
  if (at->second < 0) return;
  waiting_.emplace(at->second + kHour, account);
  at->second = -1;
}

bool Upkeep::due(Micros now) const {
  return now >= night_ || (!waiting_.empty() && waiting_.begin()->first <= now);
}

bool Upkeep::overdue(Micros now) const {
  return !waiting_.empty() && waiting_.begin()->first + kPatience <= now;
}

void Upkeep::step(Micros now) {
  if (now >= night_) return plan_night(now);
  if (waiting_.empty()) return;
  const std::uint64_t account = waiting_.begin()->second;
  waiting_.erase(waiting_.begin());
  last_[account] = now;
  const auto done = attempt([&] { look_after(account); });
  if (!done) {
    log_warn("upkeep-failed",
             {{"account", account}, {"reason", done.error().why}});
  }
}

void Upkeep::look_after(std::uint64_t account) {
  const auto lease = accounts_.open(account);
  lease->forget_delivered(options_.in_spool);
  lease->maintain();
  // Where somebody searches, what came since does not wait for the next
  // search; a little at a time.
  if (lease->indexing().upto > 0) lease->index_words();
}

// Spread over the night: what is overdue goes before mail.
void Upkeep::plan_night(Micros now) {
  night_ = next_night(now);
  for (const auto account : list_accounts(options_.accounts_folder)) {
    if (!options_.mine(account)) continue;
    const auto known = last_.find(account);
    if (known != last_.end() && known->second < 0) continue;  // it waits
    waiting_.emplace(now + random_below(kNightSeconds) * kSecond, account);
  }
}

std::vector<std::uint64_t> list_accounts(const std::string& accounts_folder) {
  std::vector<std::uint64_t> accounts;
  for (const auto& part : list_folder(accounts_folder)) {
    for (const auto& name : list_folder(accounts_folder + "/" + part)) {
      const auto id = parse_base32(name);
      if (id && directory::account_folder(*id).ends_with("/" + name)) {
        accounts.push_back(*id);
      }
    }
  }
  return accounts;
}

}  // namespace mail::deliver
