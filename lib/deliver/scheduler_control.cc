// What administrators ask of the scheduler.

#include <algorithm>

#include "base/log.h"
#include "base/metrics.h"
#include "deliver/queue_desk.h"
#include "deliver/scheduler.h"
#include "spool/spool.h"

namespace mail::deliver {
namespace {

// RFC 3463: delivery time expired; other or undefined status.
constexpr spool::GivenUp kExpired{"5.4.7", "given up by the administrator: "};
constexpr spool::GivenUp kBounced{"5.0.0",
                                  "sent back by the administrator: "};

}  // namespace

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

// Only what rests: what is in hand will be written by whoever has it.
std::int64_t Scheduler::change(
    spool::QueueVerb verb, const std::vector<spool::QueueTarget>& targets) {
  std::vector<spool::QueueTarget> resting;
  for (const auto& target : targets) {
    if (!busy_with(target.id) && db_.has(target.id)) resting.push_back(target);
  }
  due_.hurry();
  QueueDesk desk(db_, shelves_);
  switch (verb) {
    case spool::QueueVerb::Retry:
      // Whatever is thought of the servers that it goes to.
      for (const auto& site : db_.sites_of(resting)) outbound_.revive(site);
      return db_.hurry(resting, wall_time());
    case spool::QueueVerb::Hold: return desk.hold(resting);
    case spool::QueueVerb::Release: return desk.release(resting);
    case spool::QueueVerb::Expire: return desk.give_up(resting, kExpired);
    case spool::QueueVerb::Bounce: return desk.give_up(resting, kBounced);
    case spool::QueueVerb::Delete: return desk.remove(resting);
  }
  return 0;
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
  due_.hurry();
  log_info("resumed", {{"name", name}});
  return true;
}

spool::QueueStatus Scheduler::status() {
  return {static_cast<std::int64_t>(arrivals_.size()),
          static_cast<std::int64_t>(active_.size()), db_.count(), delivered_,
          bounced_};
}

void Scheduler::show_gauges() {
  const auto show = [](std::string_view state, std::size_t number) {
    set_gauge(Metric::QueueMessages, static_cast<std::int64_t>(number), state);
  };
  const auto& stored = db_.tally();
  show("arriving", arrivals_.size());
  show("active", active_.size());
  show("deferred", static_cast<std::size_t>(stored.messages - stored.held));
  show("held", static_cast<std::size_t>(stored.held));
  set_gauge(Metric::QueueRecipients, stored.recipients);
  std::int64_t dead = 0;
  std::int64_t connections = 0;
  const Micros now = steady_time();
  const auto& sites = outbound_.sites().all();
  for (const auto& [name, site] : sites) {
    if (site->is_dead(now)) ++dead;
    connections += static_cast<std::int64_t>(site->slots.size());
  }
  set_gauge(Metric::Sites, dead, "dead");
  set_gauge(Metric::Sites, static_cast<std::int64_t>(sites.size()) - dead,
            "open");
  set_gauge(Metric::OutgoingConnections, connections);
}

}  // namespace mail::deliver
