#include "admin/rules.h"

#include <sysexits.h>

#include <map>

#include "admin/duration.h"
#include "base/ascii.h"
#include "base/process.h"
#include "base/text.h"

namespace mail::admin {
namespace {

std::string domain_of(const std::string& domain) {
  const auto ascii = domain_to_ascii(domain);
  if (!ascii) throw Exit(EX_DATAERR, domain + " is no domain");
  return *ascii;
}

// An address or "@domain", as they stand in the queue.
std::string whom(const std::string& text) {
  const auto at = text.rfind('@');
  if (at == text.npos) {
    throw Exit(EX_DATAERR, text + " is neither an address nor @DOMAIN");
  }
  return text.substr(0, at + 1) + domain_of(text.substr(at + 1));
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

}  // namespace

RuleCommands::RuleCommands(Options& options, Context& context)
    : context_(context) {
  declare_hold_rule(options);
  declare_suppress(options);
}

void RuleCommands::declare_hold_rule(Options& options) {
  Options& all =
      options.command("hold-rule", "which new mail the queue keeps back");
  Options& add = all.command("add", "keep back what fits all that is given",
                             [this] { return add_rule(); });
  add.value("--from,--sender", sender_,
            "of an address or @DOMAIN; <> for reports");
  add.value("--to,--recipient", recipient_, "for an address or @DOMAIN");
  add.value("--domain", domain_, "for addresses of a domain");
  add.value("--account", account_, "sent by this account");
  add.value("--reason", reason_, "words to remember why");
  all.command("list", "one a line: number, from, to, account, made, why",
              [this] { return list_rules(); });
  all.command("remove", "keep nothing back by it any more",
              [this] { return remove_rule(); })
      .argument("number", number_, "the rule's");
}

void RuleCommands::declare_suppress(Options& options) {
  Options& all =
      options.command("suppress", "which addresses are not tried any more");
  Options& add = all.command("add", "send mail for it back at once",
                             [this] { return suppress(); });
  add.argument("address", address_, "an address or @DOMAIN");
  add.value("--for", time_, "how long: 2h, 30d (for ever when not given)");
  add.value("--reason", reason_, "words that the senders read");
  all.command("list", "one a line: address, until, made, why",
              [this] { return list_suppressed(); });
  all.command("remove", "try it again", [this] { return unsuppress(); })
      .argument("address", address_, "an address or @DOMAIN");
}

spool::HoldRule RuleCommands::rule() {
  if (!recipient_.empty() && !domain_.empty()) {
    throw Exit(EX_USAGE, "--to or --domain, not both");
  }
  spool::HoldRule rule;
  if (!sender_.empty()) {
    rule.sender = sender_ == "<>" ? sender_ : whom(sender_);
  }
  if (!recipient_.empty()) rule.recipient = whom(recipient_);
  if (!domain_.empty()) rule.recipient = "@" + domain_of(domain_);
  if (!account_.empty()) rule.account = context_.account(account_).id;
  if (rule.sender.empty() && rule.recipient.empty() && rule.account == 0) {
    throw Exit(EX_USAGE, "say which mail: --from, --to, --domain, --account");
  }
  rule.why = reason_;
  return rule;
}

int RuleCommands::add_rule() {
  const spool::HoldRule wanted = rule();
  const std::int64_t n =
      value_or_exit(context_.queue().add_rule(wanted), EX_DATAERR);
  context_.output().done("rule " + std::to_string(n), {{"rule", n}});
  return 0;
}

int RuleCommands::list_rules() {
  std::map<std::uint64_t, std::string> addresses;
  for (const auto& one : context_.directory().accounts()) {
    addresses[one.id] = one.address;
  }
  ListPrinter printer(context_.output());
  if (auto* const reader = context_.queue_reader()) {
    for (const auto& one : reader->rules()) {
      const auto known = addresses.find(one.account);
      const std::string account = one.account == 0           ? "-"
                                  : known == addresses.end() ? "gone"
                                                             : known->second;
      printer.add({{"rule", one.n},
                   {"from", or_dash(one.sender)},
                   {"to", or_dash(one.recipient)},
                   {"account", account},
                   {"made", time_text(one.made)},
                   {"why", one.why}});
    }
  }
  printer.finish();
  return 0;
}

int RuleCommands::remove_rule() {
  const auto n = parse_number(number_);
  if (!n || *n > INT64_MAX) throw Exit(EX_USAGE, number_ + " is no number");
  ok_or_exit(context_.queue().remove_rule(static_cast<std::int64_t>(*n)),
             EX_DATAERR);
  context_.output().done("removed rule " + number_, {{"removed", number_}});
  return 0;
}

int RuleCommands::suppress() {
  const std::string address = lower(whom(address_));
  Micros until = 0;
  if (!time_.empty()) {
    until = wall_time() + value_or_exit(parse_duration(time_), EX_USAGE);
  }
  ok_or_exit(context_.queue().suppress({address, until, reason_, 0}),
             EX_DATAERR);
  const std::string end = until > 0 ? " until " + time_text(until) : "";
  context_.output().done(
      "suppressed " + address + end,
      {{"suppressed", address}, {"until", time_text(until)}});
  return 0;
}

int RuleCommands::list_suppressed() {
  ListPrinter printer(context_.output());
  if (auto* const reader = context_.queue_reader()) {
    for (const auto& one : reader->suppressions(wall_time())) {
      printer.add({{"address", one.address},
                   {"until", time_text(one.until)},
                   {"made", time_text(one.made)},
                   {"why", one.why}});
    }
  }
  printer.finish();
  return 0;
}

int RuleCommands::unsuppress() {
  const std::string address = lower(whom(address_));
  ok_or_exit(context_.queue().unsuppress(address), EX_DATAERR);
  context_.output().done("no longer suppressed: " + address,
                         {{"removed", address}});
  return 0;
}

}  // namespace mail::admin
