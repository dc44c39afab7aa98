// What administrators ask of the scheduler.

#include <algorithm>

#include "base/log.h"
#include "deliver/scheduler.h"
#include "spool/spool.h"

namespace mail::deliver {
std::string Scheduler::next_in_hand(const std::string& after) {
  const auto next = active_.upper_bound(after);
  return next == active_.end() ? std::string() : next->first;
}

std::optional<spool::QueueMessage> Scheduler::in_hand(const std::string& id) {
  const auto found = active_.find(id);
  if (found == active_.end()) return {};
  const Message& message = *found->second;
  spool::QueueMessage shown;
  shown.id = message.id;
  shown.state = "active";
  shown.sender = message.sender;
  shown.account = message.account;
  shown.size = message.size;
  shown.arrived = message.arrived;
  shown.expires = message.expires;
  shown.stored = message.stored;
  if (message.stored) return shown;  // its recipients stand in queue.db
  for (const auto& target : message.targets) {
    if (target.state == TargetState::Done) continue;
    const auto& row = target.row;
    shown.all.push_back({row.address, "active", row.attempts, row.next_at,
                         row.last_text, row.n, row.site, {}});
  }
  return shown;
}

void Scheduler::suspend(const spool::Suspension& suspension) {
  db_.suspend(suspension);
  heed_suspensions();
  log_info("suspended", {{"name", suspension.name},
                         {"until", suspension.until / kSecond},
                         {"reason", suspension.why}});
}

bool Scheduler::resume(spool::Suspension::Kind kind, const std::string& name) {
  if (!db_.resume(kind, name)) return false;
  heed_suspensions();
  db_.hurry(kind, name, wall_time());
  hurry_others([&](const Target& target) {
    return kind == spool::Suspension::Kind::Site
               ? target.row.site == name
               : target.row.address.ends_with('@' + name);
  });
  due_.hurry();
  log_info("resumed", {{"name", name}});
  return true;
}

// What waits may have to go back at once.
RuleKeeper& Scheduler::rules() {
  due_.hurry();
  return admission_;
}

std::optional<spool::SiteRow> Scheduler::next_site(const std::string& after) {
  const auto& all = outbound_.sites().all();
  const auto next = all.upper_bound(after);
  if (next == all.end()) return {};
  return outbound_.sites().to_row(*next->second, wall_time());
}

spool::QueueStatus Scheduler::status() {
  return {static_cast<std::int64_t>(arrivals_.size()),
          static_cast<std::int64_t>(active_.size()), db_.count()};
}

}  // namespace mail::deliver
