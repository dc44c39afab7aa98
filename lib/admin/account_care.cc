#include "admin/account_care.h"

#include <sysexits.h>

#include "base/process.h"
#include "store/administration.h"

namespace mail::admin {

AccountCareCommands::AccountCareCommands(Options& account, Context& context)
    : context_(context) {
  Options& check_it = account.command(
      "check", "compare rows, counters and files; 65 when they do not fit",
      [this] { return check(); });
  check_it.optional_argument("address", address_, "the account");
  check_it.flag("--all", all_, "every account");
  check_it.flag("--deep", deep_, "read every message for its checksum");
  Options& repair_it = account.command(
      "repair", "make again what can be made again, recover the rest",
      [this] { return repair(); });
  repair_it.optional_argument("address", address_, "the account");
  repair_it.flag("--all", all_, "every account");
  repair_it.flag("--dry-run", dry_run_, "only say what is wrong");
}

std::vector<directory::Account> AccountCareCommands::chosen() {
  if (all_ == !address_.empty()) {
    throw Exit(EX_USAGE, "name an account or say --all");
  }
  if (all_) return context_.directory().accounts();
  return {context_.account(address_)};
}

int AccountCareCommands::check() {
  std::vector<Record> records;
  bool whole = true;
  for (const auto& account : chosen()) {
    const auto findings =
        store::check(context_.account_folder(account.id),
                     deep_ ? store::Depth::Checksums : store::Depth::Rows);
    whole = whole && findings.problems.empty();
    records.push_back({{"address", account.address},
                       {"whole", findings.problems.empty()},
                       {"emails", findings.emails},
                       {"files", findings.files},
                       {"orphans", findings.orphans},
                       {"problems", findings.problems}});
  }
  context_.output().list(records);
  return whole ? 0 : EX_DATAERR;
}

int AccountCareCommands::repair() {
  if (dry_run_) {
    deep_ = true;
    return check();
  }
  std::vector<Record> records;
  bool whole = true;
  for (const auto& account : chosen()) {
    const auto folder = context_.account_folder(account.id);
    const auto repaired =
        store::repair(folder, account.id, context_.uidvalidity());
    // A message file that is missing or torn stays missing or torn: say so.
    const auto left = store::check(folder, store::Depth::Rows).problems;
    whole = whole && left.empty();
    records.push_back({{"address", account.address},
                       {"recovered", repaired.recovered},
                       {"actions", repaired.actions},
                       {"problems", left}});
  }
  context_.output().list(records);
  return whole ? 0 : EX_DATAERR;
}

}  // namespace mail::admin
