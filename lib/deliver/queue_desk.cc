#include "deliver/queue_desk.h"

#include <algorithm>
#include <iterator>

#include "base/attempt.h"
#include "base/fault.h"
#include "base/log.h"
#include "deliver/complaint.h"

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

bool is_meant(const spool::QueueTarget& target, int n) {
  return target.recipients.empty() ||
         std::ranges::count(target.recipients, n) > 0;
}

}  // namespace

const spool::GivenUp& reason_of(spool::QueueVerb verb) {
  return verb == spool::QueueVerb::Expire ? kExpired : kBounced;
}

std::int64_t QueueDesk::change(spool::QueueVerb verb, const Targets& targets) {
  using spool::QueueVerb;
  switch (verb) {
    case QueueVerb::Retry: return db_.hurry(targets, wall_time());
    case QueueVerb::Hold: return hold(targets);
    case QueueVerb::Release: return release(targets);
    case QueueVerb::Expire:
    case QueueVerb::Bounce: return give_up(targets, reason_of(verb));
    case QueueVerb::Delete: return remove(targets);
  }
  return 0;
}

// Rows first: what they say is so, wherever the file lies.
std::int64_t QueueDesk::hold(const Targets& targets) {
  auto ids = ids_of(targets);
  std::erase_if(ids, [&](const auto& id) { return db_.is_held(id); });
  db_.hold(ids);
  for (const auto& id : ids) log_info("held", {{"id", id}});
  place(ids, spool::Shelf::Deferred, spool::Shelf::Hold);
  return static_cast<std::int64_t>(ids.size());
}

std::int64_t QueueDesk::release(const Targets& targets) {
  auto ids = ids_of(targets);
  std::erase_if(ids, [&](const auto& id) { return !db_.is_held(id); });
  db_.release(ids, wall_time());
  for (const auto& id : ids) log_info("released", {{"id", id}});
  place(ids, spool::Shelf::Hold, spool::Shelf::Deferred);
  return static_cast<std::int64_t>(ids.size());
}

// What somebody else has in hand is a stray as well when he is done with it:
// whoever put it there looks for that.
void QueueDesk::place(const std::vector<std::string>& ids, spool::Shelf from,
                      spool::Shelf to) {
  for (const auto& id : ids) {
    bool moved = false;
    const auto done = attempt([&] {
      moved = !busy_(id) && shelves_.move(id, from, to);
    });
    if (!done || !moved) strays_.push_back(id);
  }
  const auto synced = attempt([&] { shelves_.sync(); });
  if (synced) return;
  log_error("spool-change-failed", {{"reason", synced.error().why}});
}

// Of what is held only what is given up leaves, as a report; nothing is held
// any more when that is all.
std::int64_t QueueDesk::give_up(const Targets& targets,
                                const spool::GivenUp& why) {
  const auto changed = db_.give_up(targets, why, wall_time());
  Targets whole;
  std::ranges::copy_if(
      targets, std::back_inserter(whole),
      [](const auto& target) { return target.recipients.empty(); });
  release(whole);
  return changed;
}

// Whoever meets a message without recipients removes it: so it goes, even if
// we die on the way.
std::int64_t QueueDesk::remove(const Targets& targets) {
  Targets parts;
  std::vector<std::string> whole;
  for (const auto& target : targets) {
    const auto message = db_.load(target.id);
    if (!message) continue;
    auto& part = parts.emplace_back(spool::QueueTarget{target.id});
    for (const auto& recipient : message->recipients) {
      if (is_meant(target, recipient.n)) part.recipients.push_back(recipient.n);
    }
    if (part.recipients.size() == message->recipients.size()) {
      whole.push_back(target.id);
    }
  }
  db_.drop(parts);
  remove_messages(whole);
  return static_cast<std::int64_t>(parts.size());
}

void QueueDesk::finish_removals() {
  auto ids = db_.without_recipients();
  std::erase_if(ids, busy_);
  remove_messages(ids);
}

// One that cannot be removed keeps no other.
void QueueDesk::remove_messages(const std::vector<std::string>& ids) {
  std::vector<std::string> gone;
  Complaint complaint("removal-failed");
  for (const auto& id : ids) {
    if (busy_(id)) continue;  // who has it removes it
    if (const auto done = remove_file(id)) {
      log_info("removed", {{"id", id}});
      gone.push_back(id);
    } else {
      complaint.add(id, done.error().why);
    }
  }
  shelves_.sync();
  db_.write({}, gone);
  if (!complaint.empty()) {
    throw Fault("a file cannot be removed now; it goes as soon as it can");
  }
}

Result<void> QueueDesk::remove_file(const std::string& id) {
  using spool::Shelf;
  return attempt([&] {
    for (const auto shelf : {Shelf::Deferred, Shelf::Hold, Shelf::In}) {
      shelves_.remove(id, shelf);
    }
  });
}

}  // namespace mail::deliver
