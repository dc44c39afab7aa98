#include "deliver/progress.h"

#include <algorithm>

#include "base/log.h"
#include "base/metrics.h"
#include "deliver/retry.h"
#include "spool/attempts.h"

namespace mail::deliver {
namespace {

using VerdictIs = Verdict::Outcome;

// What is put off within this has one time.
constexpr Micros kTogether = kSecond / 10;

// What was said last still counts, but for a suspension that is over.
std::string code_of_wait(const spool::StoredRecipient& row,
                         const Parting& parting) {
  if (!parting.code.empty()) return parting.code;
  const bool was_suspended = row.reply == 0 && row.last_code == kSuspended;
  return row.last_code.empty() || was_suspended ? "4.4.1" : row.last_code;
}

}  // namespace

void postpone(Target& target, const Message& message, Micros retry,
              const Reason& reason) {
  const Micros now = wall_time();
  target.row.attempts += 1;
  target.row.last_code = reason.code;
  target.row.last_text = reason.text;
  target.row.tried_at = now;
  target.row.history = spool::with_attempt(
      target.row.history, {now, target.row.remote, target.row.reply,
                           target.row.last_code, reason.text});
  if (now >= message.expires) {
    // The cause stays transient: in its report it is final (RFC 3463).
    target.state = TargetState::Failed;
    return;
  }
  const Micros delay = retry_delay(target.row.attempts, message.id) * retry /
                       (300 * kSecond);
  // What was put off together comes together: one copy for all of a site.
  target.row.next_at = std::min(now - now % kTogether + delay,
                                std::max(message.expires, now + kSecond));
  target.state = TargetState::Deferred;
  count(Metric::Deferred, status_subject(reason.code));
  log_info("deferred",
           {{"id", message.id},
            {"to", target.row.address},
            {"reason", reason.text},
            {"attempts", target.row.attempts},
            {"next", static_cast<double>(target.row.next_at - now) / kSecond}});
}

void heed(Target& target, const Parting& parting, const Verdict& verdict,
          Micros retry) {
  const Message& message = *parting.message;
  target.row.remote = parting.host;
  target.row.reply = verdict.code;
  if (verdict.outcome == VerdictIs::Temporary) {
    const std::string& code = verdict.enhanced;
    postpone(target, message, retry,
             {code.empty() ? "4.0.0" : code, verdict.text});
    return;
  }
  target.row.last_code = verdict.enhanced;
  target.row.last_text = verdict.text;
  target.row.tried_at = wall_time();
  if (verdict.outcome == VerdictIs::Permanent) {
    target.state = TargetState::Failed;
    return;
  }
  relayed(target, parting.dsn ? Duties::TakenOver : Duties::Ours);
  count(Metric::Delivered, "remote");
  observe(Metric::DeliveryTime, wall_time() - message.arrived, "remote");
  log_info("relayed", {{"id", message.id},
                       {"to", target.row.address},
                       {"host", parting.host},
                       {"tls", parting.tls},
                       {"converted", parting.seven_bit},
                       {"reply", verdict.text}});
}

void wait(Target& target, const Parting& parting) {
  const Message& message = *parting.message;
  const Micros now = wall_time();
  target.row.last_text = parting.why;
  target.row.last_code = code_of_wait(target.row, parting);
  target.row.reply = 0;  // no server has said that
  if (now >= message.expires) {
    target.row.last_code = "5.4.7";
    target.state = TargetState::Failed;
    return;
  }
  target.row.next_at = std::min(std::max(parting.until, now + kSecond),
                                std::max(message.expires, now + kSecond));
  target.state = TargetState::Deferred;
}

void wait_for_domains(Message& message, const Sites& sites) {
  const Micros now = wall_time();
  for (auto& target : message.targets) {
    if (target.state != TargetState::Due || target.out ||
        target.row.account == 0) {
      continue;
    }
    const std::string& address = target.row.address;
    const auto until =
        sites.suspended(spool::Suspension::Kind::Domain,
                        address.substr(address.rfind('@') + 1), now);
    if (!until) continue;
    Parting parting;
    parting.message = &message;
    parting.until = *until;
    parting.code = kSuspended;
    parting.why = "mail for this domain is suspended";
    wait(target, parting);
  }
}

void record(const Parting& parting, Ledger& ledger) {
  Message& message = *parting.message;
  const auto is = [&](TargetState state) {
    return std::ranges::any_of(parting.targets, [&](std::size_t index) {
      return message.targets[index].state == state;
    });
  };
  message.unwritten = message.unwritten || is(TargetState::Deferred) ||
                      is(TargetState::Failed);
  if (is(TargetState::Relayed) || (is(TargetState::Done) && !message.stored)) {
    message.stored = true;
    ledger.change(to_rows(message));
    return;
  }
  if (!message.stored) return;
  for (const auto index : parting.targets) {
    const Target& target = message.targets[index];
    if (target.state == TargetState::Done) {
      ledger.finished(message.id, target.row.n);
    }
  }
}

}  // namespace mail::deliver
