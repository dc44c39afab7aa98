// The scheduler's way out: what goes to other servers, and what became of it.

#include <poll.h>

#include <algorithm>

#include "base/log.h"
#include "deliver/attempt.h"
#include "deliver/scheduler.h"

namespace mail::deliver {
namespace {

using VerdictIs = Verdict::Outcome;

std::string domain_of(std::string_view address) {
  return std::string(address.substr(address.rfind('@') + 1));
}

constexpr Micros kDrain = 4 * kSecond;

}  // namespace

// What is due of it for other servers, by domain.
std::vector<Consignment> Scheduler::consign(Message& message) {
  std::vector<Consignment> all;
  std::map<std::string, std::size_t> open;
  for (std::size_t i = 0; i < message.targets.size(); ++i) {
    const Target& target = message.targets[i];
    if (target.state != TargetState::Due || target.row.account != 0) continue;
    const std::string domain = domain_of(target.row.address);
    auto place = open.find(domain);
    if (place == open.end() || all[place->second].targets.size() >=
                                   kMaxErrandRecipients) {
      place = open.insert_or_assign(domain, all.size()).first;
      all.push_back({&message, domain, {}});
    }
    all[place->second].targets.push_back(i);
  }
  return all;
}

// A domain may have become ours while its mail waited: it does not leave any
// more, but ends where the directory says.
void Scheduler::stay(Message& message) {
  std::vector<Target> more;
  int n = 0;
  for (const auto& target : message.targets) n = std::max(n, target.row.n);
  for (auto& target : message.targets) {
    const bool leaves =
        target.state == TargetState::Due && target.row.account == 0;
    if (!leaves || !directory_.is_local(domain_of(target.row.address))) {
      continue;
    }
    const auto places = directory_.expand(target.row.address);
    if (!places) {
      target.row.last_code = "5.1.1";
      target.row.last_text = places.error().why;
      target.state = TargetState::Failed;
      continue;
    }
    const Target before = target;
    for (const auto& place : *places) {
      Target& here = &place == &places->front() ? target
                                                : more.emplace_back(before);
      here.row.address = place.address;
      here.row.detail = place.detail;
      here.row.account = place.account;
      here.row.site.clear();
      if (&here != &target) here.row.n = ++n;
    }
  }
  std::ranges::move(more, std::back_inserter(message.targets));
}

void Scheduler::take_partings() {
  // Settling may begin something that parts at once.
  for (auto all = outbound_.take(); !all.empty(); all = outbound_.take()) {
    for (const auto& parting : all) part(parting);
  }
}

void Scheduler::part(const Parting& parting) {
  Message& message = *parting.message;
  for (std::size_t i = 0; i < parting.targets.size(); ++i) {
    Target& target = message.targets[parting.targets[i]];
    target.row.site = parting.site;
    switch (parting.kind) {
      case Parting::Kind::Tried:
        part(target, message, parting, parting.verdicts[i]);
        break;
      case Parting::Kind::Waits:
        wait(target, message, parting);
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
  }
  if (!parting.partial) message.parcels -= 1;
  if (message.parcels == 0) return settle(message);
  record(message, parting);
}

void Scheduler::part(Target& target, const Message& message,
                     const Parting& parting, const Verdict& verdict) {
  target.row.remote = parting.host;
  target.row.reply = verdict.code;
  if (verdict.outcome == VerdictIs::Temporary) {
    return postpone(target, message,
                    verdict.enhanced.empty() ? "4.0.0" : verdict.enhanced,
                    verdict.text);
  }
  target.row.last_code = verdict.enhanced;
  target.row.last_text = verdict.text;
  target.row.tried_at = wall_time();
  if (verdict.outcome == VerdictIs::Permanent) {
    target.state = TargetState::Failed;
    return;
  }
  relayed(target, parting.dsn ? Duties::TakenOver : Duties::Ours);
  ++delivered_;
  log_info("relayed", {{"id", message.id},
                       {"to", target.row.address},
                       {"host", parting.host},
                       {"tls", parting.tls},
                       {"reply", verdict.text}});
}

// It was not tried: its attempts do not count up.
void Scheduler::wait(Target& target, const Message& message,
                     const Parting& parting) {
  const Micros now = wall_time();
  target.row.last_text = parting.why;
  target.row.reply = 0;  // no server has said that
  if (target.row.last_code.empty()) target.row.last_code = "4.4.1";
  if (now >= message.expires) {
    target.row.last_code = "5.4.7";
    target.state = TargetState::Failed;
    return;
  }
  target.row.next_at = std::min(std::max(parting.until, now + kSecond),
                                std::max(message.expires, now + kSecond));
  target.state = TargetState::Deferred;
}

// Some of it has arrived and some is still on its way: that is written, so
// that nobody gets it twice.
void Scheduler::record(Message& message, const Parting& parting) {
  const auto is = [&](TargetState state) {
    return std::ranges::any_of(parting.targets, [&](std::size_t index) {
      return message.targets[index].state == state;
    });
  };
  if (is(TargetState::Relayed) ||
      (is(TargetState::Done) && !message.stored)) {
    message.stored = true;
    ledger_.change(to_rows(message));
    return;
  }
  if (!message.stored) return;
  for (const auto index : parting.targets) {
    const Target& target = message.targets[index];
    if (target.state == TargetState::Done) {
      ledger_.finished(message.id, target.row.n);
    }
  }
}

// What it had is repeated.  The message it died of is struck; when nobody
// knows which that was, each comes by itself from now on, so that the next
// death says it.
void Scheduler::sender_died(std::size_t sender, const WorkerDeath& death) {
  auto had = outbound_.died(sender);
  if (death.signal != 0) {
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
    message.alone = message.alone ||
                    (suspicious && (guilty || death.id.empty()));
    if (!message.condemned) {
      outbound_.add(std::move(consignment));
    } else if (--message.parcels == 0) {
      settle(message);
    }
  }
}

void Scheduler::heed_suspensions() {
  const auto done = attempt([&] {
    outbound_.sites().set_suspensions(db_.suspensions(wall_time()));
  });
  if (!done) log_error("queue-read-failed", {{"reason", done.error().why}});
}

// What senders have in hand may end; nothing new begins.
void Scheduler::drain() {
  const Micros end = steady_time() + kDrain;
  while (outbound_.in_flight() > 0 && steady_time() < end) {
    std::vector<pollfd> all;
    for (std::size_t i = 0; i < outbound_.senders(); ++i) {
      all.push_back({outbound_.socket(i), POLLIN, 0});
    }
    ::poll(all.data(), all.size(), 100);
    hear_parent();
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].revents) outbound_.hear(i);
    }
    take_partings();
    ledger_.write_when_due();
  }
}

}  // namespace mail::deliver
