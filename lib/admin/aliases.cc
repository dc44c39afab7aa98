#include "admin/aliases.h"

#include <sysexits.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/process.h"

namespace mail::admin {

AliasCommands::AliasCommands(Options& options, Context& context)
    : context_(context) {
  Options& alias = options.command("alias", "addresses that lead to others");
  Options& add_it = alias.command(
      "add", "let an address lead to others; @DOMAIN catches all",
      [this] { return add(); });
  add_it.argument("address", address_, "the alias");
  add_it.arguments("target", targets_, "where it leads, here or elsewhere");
  Options& list_them =
      alias.command("list", "print the aliases", [this] { return list(); });
  list_them.optional_argument("address", address_, "only this one");
  Options& remove_it = alias.command("remove", "forget an alias, or one target",
                                     [this] { return remove(); });
  remove_it.argument("address", address_, "the alias");
  remove_it.optional_argument("target", target_, "only this target");
  remove_it.flag("--dry-run", dry_run_, "only say what would be done");
}

int AliasCommands::add() {
  auto& directory = context_.directory();
  const auto added = directory.add_alias(address_, targets_);
  if (!added) {
    const bool exists = directory.find_account(address_).has_value();
    give_up(exists ? EX_CANTCREAT : EX_DATAERR, added.error());
  }
  context_.output().done("added " + address_,
                         {{"added", address_}, {"targets", targets_}});
  return 0;
}

int AliasCommands::list() {
  std::vector<Record> records;
  for (const auto& alias : context_.directory().aliases()) {
    if (!address_.empty() && !same_text(alias.address, address_)) continue;
    records.push_back(
        {{"address", alias.address}, {"targets", alias.targets}});
  }
  if (records.empty() && !address_.empty()) {
    throw Exit(EX_DATAERR, "there is no alias " + address_);
  }
  context_.output().list(records);
  return 0;
}

int AliasCommands::remove() {
  if (dry_run_) return say_what_would_go();
  auto& directory = context_.directory();
  ok_or_exit(target_.empty() ? directory.remove_alias(address_)
                             : directory.remove_target(address_, target_),
             EX_DATAERR);
  context_.output().done("removed " + address_,
                         {{"removed", address_}, {"target", target_}});
  return 0;
}

int AliasCommands::say_what_would_go() {
  const auto aliases = context_.directory().aliases();
  const auto found = std::ranges::find_if(aliases, [&](const auto& alias) {
    return same_text(alias.address, address_);
  });
  if (found == aliases.end()) {
    throw Exit(EX_DATAERR, "there is no alias " + address_);
  }
  std::vector<std::string> targets = found->targets;
  if (!target_.empty()) targets = {target_};
  std::string sentence = "would remove " + found->address + " to";
  for (const std::string& target : targets) sentence += " " + target;
  context_.output().done(
      sentence, {{"would_remove", found->address}, {"targets", targets}});
  return 0;
}

}  // namespace mail::admin
