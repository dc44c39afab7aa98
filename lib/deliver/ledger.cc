#include "deliver/ledger.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/attempt.h"
#include "base/log.h"

namespace mail::deliver {
namespace {

constexpr Micros kGather = 10 * kMillisecond;
constexpr Micros kAfterTrouble = kSecond;
constexpr std::size_t kGroup = 256;

}  // namespace

void Ledger::touch() {
  if (std::exchange(waiting_, true)) return;
  due_ = steady_time() + kGather;
}

void Ledger::change(spool::StoredMessage message) {
  std::string id = message.id;
  changed_.insert_or_assign(std::move(id), std::move(message));
  touch();
}

void Ledger::done(std::string id) {
  changed_.erase(id);
  done_.push_back(std::move(id));
  touch();
}

void Ledger::finished(const std::string& id, int n) {
  const auto change = changed_.find(id);
  if (change != changed_.end()) {
    std::erase_if(change->second.recipients,
                  [&](const auto& recipient) { return recipient.n == n; });
  } else {
    finished_.emplace_back(id, n);
  }
  touch();
}

void Ledger::remember(std::vector<spool::SiteRow> sites) {
  if (sites.empty()) return;
  std::ranges::move(sites, std::back_inserter(sites_));
  touch();
}

std::optional<Micros> Ledger::due() const {
  if (size() == 0) return {};
  return due_;
}

std::vector<std::string> Ledger::write_when_due() {
  if (size() == 0) return {};
  const Micros now = steady_time();
  // A full group need not wait, except for trouble to pass.
  const bool full = size() >= kGroup && due_ <= now + kGather;
  return full || due_ <= now ? write() : std::vector<std::string>();
}

std::vector<std::string> Ledger::write() {
  spool::QueueChanges changes;
  for (const auto& [id, message] : changed_) {
    changes.messages.push_back(message);
  }
  changes.finished = finished_;
  changes.done = done_;
  changes.sites = sites_;
  const auto written = attempt([&] { db_.write(changes); });
  if (!written) {
    log_error("queue-write-failed", {{"reason", written.error().why}});
    due_ = steady_time() + kAfterTrouble;
    db_.expect_sound();
    const auto fresh = attempt([&] { db_.reopen(); });
    if (!fresh) log_error("queue-open-failed", {{"reason", fresh.error().why}});
    return {};
  }
  std::vector<std::string> ids;
  for (auto& message : changes.messages) ids.push_back(std::move(message.id));
  changed_.clear();
  done_.clear();
  finished_.clear();
  sites_.clear();
  waiting_ = false;
  return ids;
}

}  // namespace mail::deliver
