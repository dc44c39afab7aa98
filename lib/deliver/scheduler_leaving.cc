// The scheduler's way out: what goes to other servers, and what became of it.

#include <poll.h>

#include <algorithm>
#include <set>

#include "base/attempt.h"
#include "base/log.h"
#include "deliver/orders.h"
#include "deliver/progress.h"
#include "deliver/scheduler.h"

namespace mail::deliver {
namespace {

// Longer than senders take to end.
constexpr Micros kDrain = 4'500 * kMillisecond;

using Domains = std::set<std::string, std::less<>>;

void tell_smtpd(spool::Hub& hub, const Domains& suspended) {
  const Domains before = hub.closures().suspended;
  for (const auto& domain : before) {
    if (!suspended.contains(domain)) hub.resume(domain);
  }
  for (const auto& domain : suspended) {
    if (!before.contains(domain)) hub.suspend(domain);
  }
}

}  // namespace

void Scheduler::take_partings() {
  // Settling may begin something that parts at once.
  for (auto all = outbound_.take(); !all.empty(); all = outbound_.take()) {
    for (const auto& parting : all) part(parting);
  }
}

void Scheduler::part(const Parting& parting) {
  Message& message = *parting.message;
  const Micros retry = parting.retry > 0 ? parting.retry : retry_;
  for (std::size_t i = 0; i < parting.targets.size(); ++i) {
    Target& target = message.targets[parting.targets[i]];
    target.row.site = parting.site;
    switch (parting.kind) {
      case Parting::Kind::Tried:
        heed(target, parting, parting.verdicts[i], retry);
        break;
      case Parting::Kind::Waits:
        wait(target, parting);
        break;
      case Parting::Kind::Gone:
        log_error("vanished", {{"id", message.id}, {"to", target.row.address}});
        target.state = TargetState::Done;
        break;
      case Parting::Kind::Damaged:
        log_error("damaged", {{"id", message.id}, {"reason", parting.why}});
        message.condemned = true;
        break;
    }
    come_back(message, target);
  }
  if (!parting.partial) message.parcels -= 1;
  if (message.parcels == 0) return settle(message);
  record(parting, ledger_);
}

// What it had is repeated.  The message it died of is struck; when nobody
// knows which that was, each comes by itself from now on, so that the next
// death says it.
void Scheduler::sender_died(std::size_t sender, const WorkerDeath& death) {
  auto had = outbound_.died(sender);
  if (was_sudden(death.signal)) {
    log_warn("sender-died", {{"sender", sender},
                             {"signal", death.signal},
                             {"announced", death.id},
                             {"repeated", had.size()}});
  }
  const bool suspicious = speaks_against_message(death.signal);
  for (auto& consignment : had) {
    Message& message = *consignment.message;
    const bool guilty =
        death.id.empty() ? message.alone : message.id == death.id;
    if (suspicious && guilty && !message.condemned) strike(message);
    message.alone =
        message.alone || (suspicious && (guilty || death.id.empty()));
    if (!message.condemned) {
      outbound_.add(std::move(consignment));
    } else if (--message.parcels == 0) {
      settle(message);
    }
  }
}

void Scheduler::heed_suspensions() {
  next_.suspensions = Timetable::kNever;
  const auto done = attempt([&] {
    auto all = db_.suspensions(wall_time());
    Domains domains;
    const Micros now = wall_time();
    for (const auto& one : all) {
      next_.suspensions =
          std::min(next_.suspensions, steady_time() + one.until - now);
      if (one.kind == spool::Suspension::Kind::Domain) domains.insert(one.name);
    }
    tell_smtpd(hub_, domains);
    outbound_.sites().set_suspensions(std::move(all));
  });
  if (!done) log_error("queue-read-failed", {{"reason", done.error().why}});
}

// What senders have in hand may end, and what has ended goes from the spool;
// nothing new begins.
void Scheduler::drain() {
  const Micros end = steady_time() + kDrain;
  while ((outbound_.in_flight() > 0 || departures_.under_way() > 0) &&
         steady_time() < end) {
    std::vector<pollfd> all;
    for (std::size_t i = 0; i < outbound_.senders(); ++i) {
      all.push_back({outbound_.socket(i), POLLIN, 0});
    }
    all.push_back({departures_.wait_on(), POLLIN, 0});
    ::poll(all.data(), all.size(), 100);
    all.pop_back();
    hear_parent();
    swept();
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].revents) outbound_.hear(i);
    }
    take_partings();
    for (const auto& id : ledger_.write_when_due()) stored(id);
  }
}

}  // namespace mail::deliver
