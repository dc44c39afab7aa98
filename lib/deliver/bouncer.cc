#include "deliver/bouncer.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/digest.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/metrics.h"
#include "deliver/notify.h"

namespace mail::deliver {
namespace {

constexpr std::string_view kDelay = "delay";

std::optional<Action> action_of(TargetState state) {
  switch (state) {
    case TargetState::Failed: return Action::Failed;
    case TargetState::Deferred: return Action::Delayed;
    case TargetState::Delivered: return Action::Delivered;
    case TargetState::Relayed: return Action::Relayed;
    case TargetState::Expanded: return Action::Expanded;
    default: return {};
  }
}

bool is_wanted(const Target& target) {
  switch (target.state) {
    case TargetState::Failed: return wants(target.row.notify, News::Failure);
    case TargetState::Deferred: return wants(target.row.notify, News::Delay);
    default: return wants(target.row.notify, News::Success);
  }
}

// Whether a report ends the matter.
bool ends(const Target& target) {
  return action_of(target.state) && target.state != TargetState::Deferred;
}

// Of what is held, only what was ordered since then is told.
bool rests(const Message& message, const Target& target) {
  return message.held && target.row.next_at == 0;
}

std::string name_in_report(const Target& target) {
  return std::to_string(target.row.source) + " " + target.row.address;
}

std::vector<std::string> settled_by(const std::vector<Target*>& told) {
  std::vector<std::string> settles;
  bool delay = false;
  for (const Target* target : told) {
    if (ends(*target)) {
      settles.push_back(name_in_report(*target));
    } else {
      delay = true;
    }
  }
  if (delay) settles.emplace_back(kDelay);
  return settles;
}

BounceRecipient describe(const Target& target, const spool::Item& item) {
  const auto& row = target.row;
  const auto source = static_cast<std::size_t>(row.source);
  const auto& originals = item.envelope.recipients;
  BounceRecipient r;
  r.action = *action_of(target.state);
  r.address = row.address;
  r.original =
      source < originals.size() ? originals[source].address : row.address;
  r.orcpt = row.orcpt;
  r.status = row.last_code;
  r.text = row.last_text;
  r.remote = row.remote;
  r.reply = row.reply;
  r.attempts = row.attempts;
  r.tried_at = row.tried_at;
  // A place here, whatever was said of it while it was elsewhere; and our
  // troubles are told in the log.
  if (row.account != 0) {
    r.remote.clear();
    r.reply = 0;
    if (r.status.ends_with(".3.0")) r.text = "trouble in this mail system";
  }
  // Of what went well, an earlier trouble is no news.
  if (r.action != Action::Failed && r.action != Action::Delayed &&
      r.reply / 100 != 2) {
    r.text.clear();
    r.reply = 0;
  }
  return r;
}

std::expected<spool::Item, spool::Flaw> open(const spool::Shelves& shelves,
                                             const Message& message) {
  auto item = shelves.open(message.shelf, message.id);
  if (item) return item;
  // It may be on its way to another shelf, or never have got there.
  for (const auto shelf : {spool::Shelf::In, spool::Shelf::Deferred,
                           spool::Shelf::Hold, spool::Shelf::Deferred}) {
    if (item || item.error() != spool::Flaw::Gone) break;
    item = shelves.open(shelf, message.id);
  }
  return item;
}

// RFC 3463 3.5: delivery time expired; or what was transient to the end.
std::string_view reason_of(const std::string& code) {
  const bool expired = code.starts_with('4') || code.ends_with(".4.7");
  return expired ? "expired" : status_subject(code);
}

void close(Target& target, const Message& message, const std::string& report) {
  if (target.state == TargetState::Failed) {
    count(Metric::Bounced, reason_of(target.row.last_code));
    log_info("bounced", {{"id", message.id},
                         {"to", target.row.address},
                         {"sender", message.sender},
                         {"report", report},
                         {"reason", target.row.last_text}});
  }
  target.state = TargetState::Done;
}

void apply(const std::vector<std::string>& settles, Message& message,
           const std::string& report) {
  for (const auto& one : settles) {
    if (one == kDelay) message.warned = wall_time();
    for (auto& target : message.targets) {
      if (one != name_in_report(target) || target.out) continue;
      close(target, message, report);
    }
  }
  message.reports += 1;
}

}  // namespace

Bouncer::Bouncer(Options options)
    : options_(std::move(options)),
      shelves_(options_.spool),
      writer_(options_.spool) {}

std::string Bouncer::id_for(const std::string& message, int number) const {
  const std::string text = message + " " + std::to_string(number);
  return spool::id_from(message, blake2b(text, 16, options_.secret));
}

bool Bouncer::is_late(const Message& message, Micros now) const {
  return options_.delay_notice > 0 && message.warned == 0 && !message.held &&
         now - message.arrived >= options_.delay_notice;
}

// What its sender is to be told; the rest is closed when nobody is.
std::vector<Target*> Bouncer::news(Message& message, Micros now) const {
  std::vector<Target*> found;
  if (message.sender.empty()) return found;
  const bool late = is_late(message, now);
  for (auto& target : message.targets) {
    // What only waits for the time its sender chose is not late.
    const bool delayed = target.state == TargetState::Deferred && late &&
                         !target.row.last_code.empty();
    if (rests(message, target)) continue;
    if ((ends(target) || delayed) && is_wanted(target)) {
      found.push_back(&target);
    }
  }
  return found;
}

std::string Bouncer::report(Message& message, Micros now) {
  const auto told = news(message, now);
  std::string id;
  if (!told.empty()) {
    const auto item = open(shelves_, message);
    if (item) {
      BounceRequest request;
      request.hostname = options_.hostname;
      request.report_id = id_for(message.id, message.reports);
      request.now = now;
      request.until = message.expires;
      for (const Target* target : told) {
        request.recipients.push_back(describe(*target, *item));
      }
      Bounce bounce = make_bounce(request, *item);
      bounce.envelope.report_on =
          message.id + " " + std::to_string(message.reports);
      bounce.envelope.settles = settled_by(told);
      id = keep(message, bounce, request.report_id);
    } else {
      log_warn("no-report", {{"id", message.id},
                             {"reason", name_of(item.error())}});
      if (is_late(message, now)) message.warned = now;
    }
  }
  if (!id.empty()) return id;
  for (auto& target : message.targets) {
    if (ends(target) && !rests(message, target)) close(target, message, "");
  }
  return {};
}

// Under its one id.  What lies there already is whole: then it is that which
// counts; or it is what a crash or a full disk left of an attempt.
std::string Bouncer::keep(Message& message, const Bounce& bounce,
                          const std::string& id) {
  auto draft = writer_.create_as(id);
  if (!draft) {
    if (const auto earlier = recall(message); !earlier.empty()) {
      return earlier;
    }
    shelves_.remove(id, spool::Shelf::In);
    draft = writer_.create_as(id);
  }
  if (!draft) throw Fault("the spool has a report " + id + " already");
  draft->write(bounce.text);
  draft->commit(bounce.envelope);
  count(Metric::Reports);
  log_info("reported", {{"id", message.id},
                        {"report", id},
                        {"to", message.sender},
                        {"recipients", bounce.envelope.settles.size()}});
  apply(bounce.envelope.settles, message, id);
  return id;
}

std::string Bouncer::recall(Message& message) {
  if (message.sender.empty()) return {};
  const std::string id = id_for(message.id, message.reports);
  const auto item = shelves_.open_verified(spool::Shelf::In, id);
  if (!item) return {};
  const auto about = subject(*item);
  if (!about || about->id != message.id || about->number != message.reports) {
    return {};
  }
  // It was whole; now it survives a power cut too.
  item->file.sync();
  shelves_.folder(spool::Shelf::In, id).sync();
  apply(item->envelope.settles, message, id);
  return id;
}

std::optional<Bouncer::Subject> Bouncer::subject(
    const spool::Item& item) const {
  const std::string& text = item.envelope.report_on;
  const std::size_t blank = text.find(' ');
  if (blank == text.npos) return {};
  const auto number = parse_number(std::string_view(text).substr(blank + 1));
  Subject subject{text.substr(0, blank), 0};
  if (!spool::is_id(subject.id) || !number || *number > 1'000'000) return {};
  subject.number = static_cast<int>(*number);
  // Whoever else can write into the spool does not know this id.
  if (item.id != id_for(subject.id, subject.number)) return {};
  return subject;
}

}  // namespace mail::deliver
