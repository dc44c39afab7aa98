#include "admin/domains.h"

#include <sysexits.h>

#include <algorithm>

#include "base/process.h"
#include "base/text.h"

namespace mail::admin {

DomainCommands::DomainCommands(Options& options, Context& context)
    : context_(context) {
  Options& domain = options.command("domain", "the domains whose mail is ours");
  Options& add_it =
      domain.command("add", "take mail for a domain", [this] { return add(); });
  add_it.argument("domain", domain_, "the domain");
  domain.command("list", "print the domains", [this] { return list(); });
  Options& remove_it = domain.command("remove", "take no more mail for it",
                                      [this] { return remove(); });
  remove_it.argument("domain", domain_, "the domain");
  remove_it.flag("--dry-run", dry_run_, "only say what would be done");
}

int DomainCommands::add() {
  if (!domain_to_ascii(domain_)) {
    throw Exit(EX_DATAERR, domain_ + " is no domain");
  }
  auto& directory = context_.directory();
  const auto added = directory.add_domain(domain_);
  if (!added) {
    const auto there = directory.domains();
    const bool exists = std::ranges::find(there, *domain_to_ascii(domain_)) !=
                        there.end();
    give_up(exists ? EX_CANTCREAT : EX_DATAERR, added.error());
  }
  context_.output().done("added " + domain_, {{"added", domain_}});
  return 0;
}

int DomainCommands::list() {
  std::vector<Record> records;
  for (const std::string& domain : context_.directory().domains()) {
    records.push_back({{"domain", domain}});
  }
  context_.output().list(records);
  return 0;
}

int DomainCommands::remove() {
  if (dry_run_) {
    const auto domains = context_.directory().domains();
    const auto name = domain_to_ascii(domain_);
    if (!name || std::ranges::find(domains, *name) == domains.end()) {
      throw Exit(EX_DATAERR, "there is no domain " + domain_);
    }
    context_.output().done("would remove " + domain_,
                           {{"would_remove", domain_}});
    return 0;
  }
  ok_or_exit(context_.directory().remove_domain(domain_), EX_DATAERR);
  context_.output().done("removed " + domain_, {{"removed", domain_}});
  return 0;
}

}  // namespace mail::admin
