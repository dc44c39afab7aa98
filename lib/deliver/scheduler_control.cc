// What administrators ask of the scheduler.

#include <algorithm>

#include "base/log.h"
#include "deliver/scheduler.h"
#include "spool/spool.h"

namespace mail::deliver {

spool::QueueMessage Scheduler::describe(const Message& message) const {
  spool::QueueMessage shown;
  shown.id = message.id;
  shown.state = "active";
  shown.sender = message.sender;
  shown.account = message.account;
  shown.size = message.size;
  shown.arrived = message.arrived;
  shown.expires = message.expires;
  for (const auto& target : message.targets) {
    if (target.state == TargetState::Done) continue;
    ++shown.recipients;
    if (shown.why.empty()) shown.why = target.row.last_text;
  }
  return shown;
}

// Pages of queue.db, with what is in hand put in its place by id.
std::vector<spool::QueueMessage> Scheduler::list(
    const std::string& after, int limit, const spool::QueueFilter& filter) {
  auto page = db_.list(after, limit, filter);
  for (auto& message : page) {
    if (in_hand(message.id)) message.state = "active";
  }
  if (!filter.sender.empty() || !filter.recipient.empty() ||
      (!filter.state.empty() && filter.state != "active")) {
    return page;
  }
  const bool last = page.size() < static_cast<std::size_t>(limit);
  for (auto at = active_.upper_bound(after);
       at != active_.end() && (last || at->first < page.back().id); ++at) {
    if (!at->second->stored) page.push_back(describe(*at->second));
    if (page.size() >= 2 * static_cast<std::size_t>(limit)) break;
  }
  std::ranges::sort(page, {}, &spool::QueueMessage::id);
  page.resize(std::min(page.size(), static_cast<std::size_t>(limit)));
  return page;
}

std::optional<spool::QueueMessage> Scheduler::show(const std::string& id,
                                                   std::int64_t from,
                                                   int limit) {
  if (!spool::is_id(id)) return {};
  const auto found = active_.find(id);
  if (found == active_.end()) return db_.show(id, from, limit);
  auto shown = describe(*found->second);
  const auto& targets = found->second->targets;
  const auto count = static_cast<std::int64_t>(targets.size());
  for (auto i = from; i < std::min(count, from + limit); ++i) {
    const Target& target = targets[static_cast<std::size_t>(i)];
    const bool done = target.state == TargetState::Done;
    shown.all.push_back({target.row.address, done ? "done" : "active",
                         target.row.attempts, target.row.next_at,
                         target.row.last_text});
  }
  return shown;
}

bool Scheduler::retry(const std::string& id) {
  if (active_.contains(id) || !db_.has(id)) return false;
  db_.hurry({&id, 1}, wall_time());
  next_due_check_ = 0;
  return true;
}

// Rows first: a file in hold/ whose rows are in the schedule would be taken
// for gone.
bool Scheduler::hold(const std::string& id) {
  if (in_hand(id) || !db_.has(id)) return false;
  db_.hold(id);
  shelves_.move(id, spool::Shelf::Deferred, spool::Shelf::Hold);
  shelves_.sync();
  log_info("held", {{"id", id}});
  return true;
}

bool Scheduler::release(const std::string& id) {
  if (in_hand(id) || !db_.has(id)) return false;
  shelves_.move(id, spool::Shelf::Hold, spool::Shelf::Deferred);
  shelves_.sync();
  db_.release(id);
  next_due_check_ = 0;
  log_info("released", {{"id", id}});
  return true;
}

bool Scheduler::remove(const std::string& id) {
  if (in_hand(id) || !db_.has(id)) return false;
  for (const auto shelf : {spool::Shelf::Deferred, spool::Shelf::Hold,
                           spool::Shelf::In}) {
    shelves_.remove(id, shelf);
  }
  shelves_.sync();
  db_.write({}, {&id, 1});
  log_info("removed", {{"id", id}});
  return true;
}

spool::QueueStatus Scheduler::status() {
  return {static_cast<std::int64_t>(arriving_.size()),
          static_cast<std::int64_t>(active_.size()), db_.count(), delivered_,
          bounced_};
}

}  // namespace mail::deliver
