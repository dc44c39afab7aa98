#include "admin/account_care.h"

#include <sysexits.h>
#include <unistd.h>

#include <cstdio>

#include "base/process.h"
#include "store/administration.h"

namespace mail::admin {
namespace {

// One line on the terminal of whoever waits, gone at the end.
class Progress {
 public:
  explicit Progress(const std::string& address)
      : address_(printable(address)), shown_(::isatty(STDERR_FILENO) != 0) {}
  ~Progress() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::int64_t part, std::int64_t whole) {
    if (!shown_ || whole == 0) return;
    std::fprintf(stderr, "\r%s: %d %%\x1b[K", address_.c_str(),
                 static_cast<int>(part * 100 / whole));
  }

 private:
  std::string address_;
  bool shown_;
};

}  // namespace

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
  Options& reindex_it =
      account.command("reindex", "make the index that searches use anew",
                      [this] { return reindex(); });
  reindex_it.optional_argument("address", address_, "the account");
  reindex_it.flag("--all", all_, "every account");
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

int AccountCareCommands::reindex() {
  std::vector<Record> records;
  for (const auto& account : chosen()) {
    Progress progress(account.address);
    const auto done = store::reindex(
        context_.account_folder(account.id), account.id,
        [&](auto upto, auto newest) { progress.show(upto, newest); });
    records.push_back({{"address", account.address},
                       {"emails", done.emails},
                       {"bytes", done.bytes}});
  }
  context_.output().list(records);
  return 0;
}

}  // namespace mail::admin
