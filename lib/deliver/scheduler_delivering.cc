// The scheduler's middle: batches out, answers in, deaths of workers.

#include <signal.h>

#include <algorithm>

#include "base/attempt.h"
#include "base/log.h"
#include "base/metrics.h"
#include "deliver/orders.h"
#include "deliver/progress.h"
#include "deliver/scheduler.h"
#include "deliver/worker_death.h"

namespace mail::deliver {
namespace {

constexpr int kMostStrikes = 3;

}  // namespace

void Scheduler::begin(std::unique_ptr<Message> owned) {
  Message& message = *owned;
  departures_.leave(message.id);
  if (auto report = bouncer_.recall(message); !report.empty()) {
    reports_[message.id].push_back(std::move(report));
    // At once: the rest may take its time.
    if (!message.done()) {
      message.stored = true;
      ledger_.change(to_rows(message));
    }
  }
  message.weight = std::max<std::size_t>(1, message.targets.size());
  shares_.take(message.account, message.weight);
  active_.insert_or_assign(message.id, std::move(owned));
  wait_for_domains(message, outbound_.sites());
  dispatch(message);
  if (message.parcels == 0) settle(message);
}

// What is due and not on its way.
void Scheduler::dispatch(Message& message) {
  auto consignments = consign(message);
  // All of a message for one account is one delivery.
  std::map<std::uint64_t, Job> jobs;
  for (std::size_t i = 0; i < message.targets.size(); ++i) {
    Target& target = message.targets[i];
    if (target.state != TargetState::Due || target.out) continue;
    target.out = true;
    if (target.row.account == 0) continue;
    Job& job = jobs[target.row.account];
    job.message = &message;
    job.account = target.row.account;
    job.targets.push_back(i);
  }
  message.parcels += jobs.size() + consignments.size();
  for (auto& [account, job] : jobs) lanes_.add(std::move(job));
  for (auto& one : consignments) outbound_.add(std::move(one));
}

void Scheduler::start_batches() {
  for (std::size_t lane = 0; lane < lanes_.count(); ++lane) {
    while (const auto id = lanes_.next(lane)) {
      std::optional<directory::Account> account;
      const auto looked = attempt([&] { account = directory_.account(*id); });
      if (!looked) {
        log_error("directory-failed", {{"reason", looked.error().why}});
        for (const auto& job : lanes_.drop_next(lane)) {
          finish(job, {Outcome::Trouble, "the directory does not answer"});
        }
      } else if (!account) {
        mark_room(*id, false);
        account_gone(lanes_.drop_next(lane));
      } else {
        lanes_.start(lane, *account);
      }
    }
  }
}

void Scheduler::take_answer(std::size_t lane) {
  const auto answer = lanes_.receive(lane);
  if (!answer) return;
  mark_room(answer->account, answer->full);
  if (answer->room >= 0) hub_.tell_room(answer->account, answer->room);
  for (std::size_t i = 0; i < answer->jobs.size(); ++i) {
    finish(answer->jobs[i], answer->results[i]);
  }
}

void Scheduler::mark_room(std::uint64_t account, bool full) {
  if (full) return hub_.close_account(account);
  if (!hub_.closures().full.contains(account)) return;
  hub_.open_account(account);
  const auto done =
      attempt([&] { db_.hurry_account(account, wall_time()); });
  if (!done) log_error("queue-write-failed", {{"reason", done.error().why}});
  hurry_others([account](const Target& target) {
    return target.row.account == account;
  });
  due_.hurry();
}

void Scheduler::finish(const Job& job, const ParcelResult& result) {
  Message& message = *job.message;
  const bool ordered = is_stopped(message, job.targets);
  for (const auto index : job.targets) {
    Target& target = message.targets[index];
    switch (result.outcome) {
      case Outcome::Delivered:
        delivered(target);
        count(Metric::Delivered, "local");
        observe(Metric::DeliveryTime, wall_time() - message.arrived, "local");
        break;
      case Outcome::OverQuota:
        postpone(target, message, retry_, {"4.2.2", "the mailbox is full"});
        break;
      case Outcome::NeverFits:
        target.row.last_code = "5.2.3";
        target.row.last_text = result.text;
        target.row.tried_at = wall_time();
        target.state = TargetState::Failed;
        break;
      case Outcome::Trouble:
        postpone(target, message, retry_, {"4.3.0", result.text});
        break;
      case Outcome::Gone:
        log_error("vanished", {{"id", message.id}, {"to", target.row.address}});
        target.state = TargetState::Done;
        break;
      case Outcome::Damaged:
        log_error("damaged", {{"id", message.id}, {"reason", result.text}});
        message.condemned = true;
        break;
    }
    come_back(message, target);
  }
  if (--message.parcels == 0) return settle(message);
  message.unwritten = std::ranges::any_of(job.targets, [&](auto index) {
    return message.targets[index].state != TargetState::Done;
  }) || message.unwritten;
  if (!ordered) return;
  // Its rows say what was ordered, not what came of it.
  message.stored = true;
  ledger_.change(to_rows(message));
}

void Scheduler::account_gone(std::vector<Job> jobs) {
  for (const auto& job : jobs) {
    Message& message = *job.message;
    for (const auto index : job.targets) {
      Target& target = message.targets[index];
      target.row.last_code = "5.1.1";
      target.row.last_text = "no such mailbox here";
      target.state = TargetState::Failed;
      come_back(message, target);
    }
    if (--message.parcels == 0) settle(message);
  }
}

void Scheduler::worker_died(std::size_t lane, int signal,
                            const std::string& id) {
  auto jobs = lanes_.died(lane);
  // What leaves by itself was asked to, or has said why.
  if (was_sudden(signal)) {
    log_warn("worker-died", {{"worker", lane},
                             {"signal", signal},
                             {"announced", id},
                             {"repeated", jobs.size()}});
  }
  for (auto& job : jobs) {
    Message& message = *job.message;
    message.alone = true;
    if (message.id == id && speaks_against_message(signal)) strike(message);
    // What is given up may have arrived: only once more tells.
    if (is_stopped(message, job.targets) &&
        !is_given_up(message, job.targets)) {
      finish(job, {Outcome::Trouble, "it was not tried to the end"});
    } else if (!message.condemned) {
      lanes_.add(std::move(job));
    } else if (--message.parcels == 0) {
      settle(message);
    }
  }
}

void Scheduler::strike(Message& message) {
  message.strikes += 1;
  log_error("strike", {{"id", message.id}, {"strikes", message.strikes}});
  message.condemned = message.strikes >= kMostStrikes;
  if (message.condemned) {
    recall({&message});
    return;
  }
  // Remembered, should we die as well.
  message.stored = true;
  ledger_.change(to_rows(message));
}

}  // namespace mail::deliver
