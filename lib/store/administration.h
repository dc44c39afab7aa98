// Administration of accounts on disk: making, removing, checking, repairing.
//
// `folder` is the account's own (accounts/xx/ID).  Whatever needs the account
// for itself asks its holders to close it and waits up to 10 s, then throws
// the Fault "busy".
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/accounts.h"

namespace mail::store {

class ExclusiveLock;

// The account with its system mailboxes: INBOX, Drafts, Sent, Junk, Trash,
// Archive.  Nothing happens when it is there already; what was cut short is
// finished.  On the disk when it returns.
void make_account(const std::string& folder, std::uint64_t id,
                  const UidValiditySource& next_uidvalidity);

bool account_exists(const std::string& folder);

// Removes all of an account that is there, for good.
//
//   AccountRemoval removal(folder);   // nobody has it open from here on
//   ... forget who it was ...
//   removal.finish();
//
// Without finish() nothing has happened.  Fault "busy": it is in use.
class AccountRemoval {
 public:
  explicit AccountRemoval(std::string folder);
  ~AccountRemoval();
  AccountRemoval(const AccountRemoval&) = delete;
  AccountRemoval& operator=(const AccountRemoval&) = delete;

  void finish();

 private:
  std::string folder_;
  std::unique_ptr<ExclusiveLock> alone_;  // none: there is nothing
};

struct Findings {
  std::vector<std::string> problems;  // one sentence each
  std::int64_t emails = 0;            // looked at
  std::int64_t files = 0;
  std::int64_t orphans = 0;  // without a row, not empty; no problem
};

// Rows against each other, counters against rows, rows against files.
// `Depth::Checksums` reads every message.
enum class Depth { Rows, Checksums };
Findings check(const std::string& folder, Depth depth);

struct Repaired {
  std::vector<std::string> actions;  // what was done, one sentence each
  std::int64_t recovered = 0;        // messages put back into a mailbox
};

// Whether the spool has a file of this name, under any name of its own folders.
using InSpool = std::function<bool(std::string_view id)>;

// Makes counters anew, drops the caches and puts whole files without a row
// into the mailbox "Recovered"; what else is missing of the folder is made
// anew, the folder too.  A mail.db that is lost or damaged is kept aside
// and made again from the message files alone, with everything in
// "Recovered" and new UIDVALIDITYs.  One that is older than what clients have
// been told gets new UIDVALIDITYs too.
Repaired repair(const std::string& folder, std::uint64_t id,
                const UidValiditySource& next_uidvalidity,
                const InSpool& in_spool);

// Throws the index of words away and makes it anew; others may go on using
// the account.  `progress` hears how far it is.
struct Reindexed {
  std::int64_t emails = 0;
  std::int64_t bytes = 0;  // of search.db
};
using IndexProgress = std::function<void(EmailId upto, EmailId newest)>;
Reindexed reindex(const std::string& folder, std::uint64_t id,
                  const IndexProgress& progress);

}  // namespace mail::store
