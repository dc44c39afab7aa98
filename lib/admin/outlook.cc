#include "admin/outlook.h"

#include <algorithm>

#include "base/ascii.h"

namespace mail::admin {
namespace {

using Kind = spool::Suspension::Kind;

std::string because(const std::string& why) {
  return why.empty() ? "" : ": " + why;
}

const spool::Suspension* find(const std::vector<spool::Suspension>& all,
                              Kind kind, const std::string& name) {
  const auto found = std::ranges::find_if(all, [&](const auto& one) {
    return one.kind == kind && one.name == name;
  });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

Outlook::Outlook(Context& context) : context_(context), now_(wall_time()) {
  sites_ = sites_now(context).sites;
  auto* const reader = context.queue_reader();
  if (!reader) return;
  rules_ = reader->rules();
  suppressions_ = reader->suppressions(now_);
  suspensions_ = reader->suspensions(now_);
}

std::string Outlook::conditions(const spool::HoldRule& rule) {
  std::string text;
  if (!rule.sender.empty()) text += " from " + rule.sender;
  if (rule.account != 0) {
    const auto accounts = context_.directory().accounts();
    const auto found = std::ranges::find(accounts, rule.account,
                                         &directory::Account::id);
    text += " sent by " +
            (found == accounts.end() ? "an account that is gone"
                                     : found->address);
  }
  return text;
}

std::vector<std::string> Outlook::of_address(const std::string& address) {
  std::vector<std::string> steps;
  for (const auto& rule : rules_) {
    if (!spool::is_address(rule.recipient, address)) continue;
    steps.push_back("rule " + std::to_string(rule.n) + " holds new mail" +
                    conditions(rule) + because(rule.why));
  }
  for (const auto& one : suppressions_) {
    if (!spool::is_address(one.address, address)) continue;
    steps.push_back(one.address + " is suppressed" +
                    (one.until > 0 ? " until " + time_text(one.until) : "") +
                    because(one.why) + "; mail goes back to its sender");
  }
  return steps;
}

std::vector<std::string> Outlook::of_domain(const relay::Route& route) const {
  const auto* one = find(suspensions_, Kind::Domain, route.domain);
  if (!one) return {};
  const bool stays = route.kind == relay::Route::Kind::Stays;
  return {route.domain + " is suspended until " + time_text(one->until) +
          because(one->why) + "; mail waits" +
          (stays ? ", and new mail is put off" : "")};
}

std::string Outlook::of_site(const std::string& name) const {
  const auto found = sites_.find(name);
  const auto site =
      found == sites_.end() ? spool::QueueReader::Site{} : found->second;
  const spool::SiteRow& row = site.row;
  std::string text = "the site " + name;
  if (const auto* one = find(suspensions_, Kind::Site, name)) {
    text += " is suspended until " + time_text(one->until) + because(one->why);
  } else if (row.dead_until > now_) {
    text += " is dead until " + time_text(row.dead_until) +
            ", then one message tries it again" + because(row.why);
  } else if (row.deaths > 0) {
    text += " was dead; the next message tries it again" + because(row.why);
  } else {
    const auto window =
        row.window > 0 ? row.window : context_.settings().relay_site_start;
    text += " is open, for " + std::to_string(window) +
            " connections at a time";
  }
  if (site.recipients == 0) return text;
  return text + "; " + std::to_string(site.recipients) +
         " recipients wait for it";
}

}  // namespace mail::admin
