#include "admin/account_care.h"

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/attempt.h"
#include "base/process.h"
#include "spool/shelves.h"
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

using Problems = std::vector<std::string>;

// What stood in the way of a command; nothing when it was carried out.
Problems trouble_of(const std::function<void()>& command) {
  const auto done = attempt(command);
  return done ? Problems{} : Problems{done.error().why};
}

int code_of(const Problems& trouble, const Problems& problems) {
  if (!trouble.empty()) return EX_TEMPFAIL;
  return problems.empty() ? 0 : EX_DATAERR;
}

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

// One account that is in trouble hides nothing of the others.
int AccountCareCommands::for_each_chosen(
    const std::function<Looked(const directory::Account&)>& look) {
  std::vector<Record> records;
  int code = 0;
  for (const auto& account : chosen()) {
    Looked looked = look(account);
    records.push_back(std::move(looked.record));
    code = std::max(code, looked.code);
  }
  context_.output().list(records);
  return code;
}

int AccountCareCommands::check() {
  return for_each_chosen([this](const auto& account) {
    store::Findings findings;
    const auto trouble = trouble_of([&] {
      findings =
          store::check(context_.account_folder(account.id),
                       deep_ ? store::Depth::Checksums : store::Depth::Rows);
    });
    auto& problems = findings.problems;
    problems.insert(problems.end(), trouble.begin(), trouble.end());
    return Looked{{{"address", account.address},
                   {"whole", problems.empty()},
                   {"emails", findings.emails},
                   {"files", findings.files},
                   {"orphans", findings.orphans},
                   {"problems", problems}},
                  code_of(trouble, problems)};
  });
}

int AccountCareCommands::repair() {
  if (dry_run_) {
    deep_ = true;
    return check();
  }
  const spool::Shelves spool(context_.settings().spool());
  const auto in_spool = [&](auto id) { return spool.has(id); };
  return for_each_chosen([&](const auto& account) {
    const auto folder = context_.account_folder(account.id);
    store::Repaired repaired;
    std::vector<std::string> problems;
    const auto trouble = trouble_of([&] {
      repaired =
          store::repair(folder, account.id, context_.uidvalidity(), in_spool);
      // A new mail.db does not know it.
      context_.accounts().open(account.id)->limit_bytes(account.quota_bytes);
      // A message file that is missing or torn stays so: that is told.
      problems = store::check(folder, store::Depth::Rows).problems;
    });
    problems.insert(problems.end(), trouble.begin(), trouble.end());
    return Looked{{{"address", account.address},
                   {"recovered", repaired.recovered},
                   {"actions", repaired.actions},
                   {"problems", problems}},
                  code_of(trouble, problems)};
  });
}

int AccountCareCommands::reindex() {
  return for_each_chosen([this](const auto& account) {
    store::Reindexed done;
    const auto trouble = trouble_of([&] {
      Progress progress(account.address);
      done = store::reindex(
          context_.account_folder(account.id), account.id,
          [&](auto upto, auto newest) { progress.show(upto, newest); });
    });
    return Looked{{{"address", account.address},
                   {"emails", done.emails},
                   {"bytes", done.bytes},
                   {"problems", trouble}},
                  code_of(trouble, trouble)};
  });
}

}  // namespace mail::admin
