#include "deliver/admission.h"

#include <algorithm>

#include "base/attempt.h"
#include "base/log.h"
#include "mime/date.h"
#include "spool/queue_filter.h"

namespace mail::deliver {
namespace {

constexpr std::size_t kMostRules = 1000;

// RFC 3463 3.3: mailbox disabled, for all that this server knows.
constexpr const char* kRefused = "5.2.1";

std::string why_not(const spool::Suppression& suppression) {
  std::string text = "mail to " + suppression.address + " is not sent";
  if (suppression.until > 0) {
    text += " until " + mime::format_date(suppression.until);
  } else {
    text += " any more";
  }
  if (!suppression.why.empty()) text += ": " + suppression.why;
  return text;
}

}  // namespace

Admission::Admission(spool::QueueDb& db) : db_(db) { read(); }

void Admission::read() {
  rules_ = db_.rules();
  suppresses_ = db_.any_suppression();
}

Result<std::int64_t> Admission::add_rule(const spool::HoldRule& rule) {
  if (rules_.size() >= kMostRules) return refuse("there are too many rules");
  const std::int64_t n = db_.add_rule(rule);
  read();
  log_info("hold-rule", {{"rule", n}, {"reason", rule.why}});
  return n;
}

bool Admission::remove_rule(std::int64_t n) {
  if (!db_.remove_rule(n)) return false;
  read();
  log_info("hold-rule-removed", {{"rule", n}});
  return true;
}

Result<void> Admission::suppress(const spool::Suppression& suppression) {
  db_.suppress(suppression, wall_time());
  read();
  log_info("suppressed", {{"address", suppression.address},
                          {"until", suppression.until / kSecond},
                          {"reason", suppression.why}});
  return {};
}

bool Admission::unsuppress(const std::string& address) {
  if (!db_.unsuppress(address)) return false;
  read();
  log_info("unsuppressed", {{"address", address}});
  return true;
}

void Admission::tidy() {
  if (!suppresses_) return;
  db_.forget_suppressions(wall_time());
  suppresses_ = db_.any_suppression();
}

void Admission::judge(Message& message,
                      std::span<const spool::Recipient> named) {
  const auto rule = std::ranges::find_if(rules_, [&](const auto& one) {
    return is_meant(one, message, named);
  });
  if (rule == rules_.end()) return refuse_suppressed(message, named);
  keep_back(message, "held by rule " + std::to_string(rule->n));
  log_info("held", {{"id", message.id}, {"rule", rule->n}});
}

void Admission::refuse_suppressed(Message& message,
                                  std::span<const spool::Recipient> named) {
  if (!suppresses_) return;
  const Micros now = wall_time();
  for (auto& target : message.targets) {
    if (target.state != TargetState::Due || target.out) continue;
    auto found = db_.suppression(target.row.address, now);
    const auto source = static_cast<std::size_t>(target.row.source);
    if (!found && source < named.size()) {
      found = db_.suppression(named[source].address, now);
    }
    if (!found) continue;
    target.row.last_code = kRefused;
    target.row.last_text = why_not(*found);
    target.row.remote.clear();
    target.row.reply = 0;
    target.state = TargetState::Failed;
    log_info("not-tried", {{"id", message.id},
                           {"to", target.row.address},
                           {"reason", target.row.last_text}});
  }
}

bool is_meant(const spool::HoldRule& rule, const Message& message,
              std::span<const spool::Recipient> named) {
  if (!spool::is_address(rule.sender, message.sender)) return false;
  if (rule.account != 0 && rule.account != message.account) return false;
  const auto fits = [&](const std::string& address) {
    return spool::is_address(rule.recipient, address);
  };
  return rule.recipient.empty() ||
         std::ranges::any_of(named, fits, &spool::Recipient::address) ||
         std::ranges::any_of(message.targets, [&](const Target& target) {
           return fits(target.row.address);
         });
}

}  // namespace mail::deliver
