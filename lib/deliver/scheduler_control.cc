// What administrators ask of the scheduler.

#include <algorithm>

#include "base/log.h"
#include "deliver/scheduler.h"
#include "spool/spool.h"

namespace mail::deliver {
namespace {

// RFC 3463: delivery time expired; other or undefined status.
constexpr spool::GivenUp kExpired{"5.4.7", "given up by the administrator: "};
constexpr spool::GivenUp kBounced{"5.0.0",
                                  "sent back by the administrator: "};

std::vector<std::string> ids_of(
    const std::vector<spool::QueueTarget>& targets) {
  std::vector<std::string> ids;
  for (const auto& target : targets) ids.push_back(target.id);
  return ids;
}

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
std::int64_t Scheduler::change(spool::QueueVerb verb, const Targets& targets) {
  Targets resting;
  for (const auto& target : targets) {
    if (!busy_with(target.id) && db_.has(target.id)) resting.push_back(target);
  }
  next_due_check_ = 0;
  switch (verb) {
    case spool::QueueVerb::Retry: return db_.hurry(resting, wall_time());
    case spool::QueueVerb::Hold: return hold(resting);
    case spool::QueueVerb::Release: return release(resting);
    case spool::QueueVerb::Expire: return give_up(resting, kExpired);
    case spool::QueueVerb::Bounce: return give_up(resting, kBounced);
    case spool::QueueVerb::Delete: return remove(resting);
  }
  return 0;
}

// Rows first: a file in hold/ whose rows are in the schedule would be taken
// for gone.
std::int64_t Scheduler::hold(const Targets& targets) {
  auto ids = ids_of(targets);
  std::erase_if(ids, [&](const auto& id) { return db_.is_held(id); });
  db_.hold(ids);
  for (const auto& id : ids) {
    shelves_.move(id, spool::Shelf::Deferred, spool::Shelf::Hold);
    log_info("held", {{"id", id}});
  }
  shelves_.sync();
  return static_cast<std::int64_t>(ids.size());
}

std::int64_t Scheduler::release(const Targets& targets) {
  auto ids = ids_of(targets);
  std::erase_if(ids, [&](const auto& id) { return !db_.is_held(id); });
  for (const auto& id : ids) {
    shelves_.move(id, spool::Shelf::Hold, spool::Shelf::Deferred);
    log_info("released", {{"id", id}});
  }
  shelves_.sync();
  db_.release(ids);
  return static_cast<std::int64_t>(ids.size());
}

// What is held goes out of the schedule for other reasons: back first.
std::int64_t Scheduler::give_up(const Targets& targets,
                                const spool::GivenUp& why) {
  release(targets);
  return db_.give_up(targets, why, wall_time());
}

std::int64_t Scheduler::remove(const Targets& targets) {
  Targets parts;
  std::vector<std::string> whole;
  for (const auto& target : targets) {
    const auto message = db_.load(target.id);
    if (!message) continue;
    const bool all =
        target.recipients.empty() ||
        std::ranges::all_of(message->recipients, [&](const auto& recipient) {
          return std::ranges::count(target.recipients, recipient.n) > 0;
        });
    if (!all) {
      parts.push_back(target);
      continue;
    }
    whole.push_back(target.id);
    for (const auto shelf : {spool::Shelf::Deferred, spool::Shelf::Hold,
                             spool::Shelf::In}) {
      shelves_.remove(target.id, shelf);
    }
    log_info("removed", {{"id", target.id}});
  }
  shelves_.sync();
  db_.write({}, whole);
  db_.drop(parts);
  return static_cast<std::int64_t>(whole.size() + parts.size());
}

void Scheduler::suspend(const spool::Suspension& suspension) {
  db_.suspend(suspension);
  if (suspension.kind == spool::Suspension::Kind::Domain) {
    hub_.suspend(suspension.name);
  }
  log_info("suspended", {{"name", suspension.name},
                         {"until", suspension.until / kSecond},
                         {"reason", suspension.why}});
}

bool Scheduler::resume(spool::Suspension::Kind kind, const std::string& name) {
  if (!db_.resume(kind, name)) return false;
  if (kind == spool::Suspension::Kind::Domain) hub_.resume(name);
  db_.hurry(kind, name, wall_time());
  next_due_check_ = 0;
  log_info("resumed", {{"name", name}});
  return true;
}

spool::QueueStatus Scheduler::status() {
  return {static_cast<std::int64_t>(arrivals_.size()),
          static_cast<std::int64_t>(active_.size()), db_.count(), delivered_,
          bounced_};
}

}  // namespace mail::deliver
