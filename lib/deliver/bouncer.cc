#include "deliver/bouncer.h"

#include "base/log.h"

namespace mail::deliver {
namespace {

constexpr Micros kWarnAfter = 4 * kHour;

std::vector<const Target*> all_in(const Message& message, TargetState state) {
  std::vector<const Target*> targets;
  for (const auto& target : message.targets) {
    if (target.state == state) targets.push_back(&target);
  }
  return targets;
}

BounceRecipient describe(const Target& target,
                         const spool::Recipient& original) {
  BounceRecipient r;
  r.address = target.row.address;
  r.original = original.address;
  r.orcpt = original.orcpt;
  r.status = target.row.last_code.empty() ? "5.0.0" : target.row.last_code;
  r.text = target.row.last_text;
  return r;
}

std::expected<spool::Item, spool::Flaw> open(const spool::Shelves& shelves,
                                             const Message& message) {
  auto item = shelves.open(message.shelf, message.id);
  if (item) return item;
  return shelves.open(message.shelf == spool::Shelf::In
                          ? spool::Shelf::Deferred
                          : spool::Shelf::In,
                      message.id);
}

}  // namespace

Bouncer::Bouncer(const std::string& spool, std::string hostname)
    : shelves_(spool), writer_(spool), hostname_(std::move(hostname)) {}

std::string Bouncer::give_up(Message& message) {
  for (auto& target : message.targets) {
    if (target.state == TargetState::Delivered ||
        target.state == TargetState::Relayed ||
        target.state == TargetState::Expanded) {
      target.state = TargetState::Done;
    }
  }
  const auto failed = all_in(message, TargetState::Failed);
  if (failed.empty()) return {};
  std::string id;
  if (!message.sender.empty()) {
    id = report(BounceKind::Failed, message, failed);
  }
  for (auto& target : message.targets) {
    if (target.state != TargetState::Failed) continue;
    target.state = TargetState::Done;
    log_info("bounced", {{"id", message.id},
                         {"to", target.row.address},
                         {"sender", message.sender},
                         {"report", id},
                         {"reason", target.row.last_text}});
  }
  return id;
}

std::string Bouncer::warn(Message& message, Micros now) {
  if (message.sender.empty() || message.warned != 0 ||
      now - message.arrived < kWarnAfter) {
    return {};
  }
  const auto late = all_in(message, TargetState::Deferred);
  if (late.empty()) return {};
  const std::string id = report(BounceKind::Delayed, message, late);
  message.warned = now;
  return id;
}

std::string Bouncer::report(BounceKind kind, const Message& message,
                            const std::vector<const Target*>& targets) {
  const auto item = open(shelves_, message);
  if (!item) {
    log_warn("no-report", {{"id", message.id},
                           {"reason", name_of(item.error())}});
    return {};
  }
  BounceRequest request;
  request.kind = kind;
  request.hostname = hostname_;
  request.now = wall_time();
  request.until = message.expires;
  for (const Target* target : targets) {
    const auto source = static_cast<std::size_t>(target->row.source);
    if (source >= item->envelope.recipients.size()) continue;
    const auto& original = item->envelope.recipients[source];
    if (!wants_report(original.notify, kind)) continue;
    request.recipients.push_back(describe(*target, original));
  }
  if (request.recipients.empty()) return {};
  const auto draft = writer_.create(request.now, 0);
  request.report_id = draft->id();
  draft->write(make_bounce(request, *item));
  draft->commit(bounce_envelope(request, *item));
  return draft->id();
}

}  // namespace mail::deliver
