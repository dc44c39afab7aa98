// Editor: the writing side of directory.db, for mailctl.
//
// Each call is one transaction.  A Refusal says in words for people why a
// change makes no sense: something exists already, is not there, or is still
// in use.  Addresses and domains may come in any spelling; what is stored is
// canonical.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "directory/directory.h"

namespace mail::db {
class Database;
class Transaction;
}

namespace mail::directory {

struct Alias {
  std::string address;               // or "@example.org": catch-all
  std::vector<std::string> targets;  // here or elsewhere
};

class Editor {
 public:
  // Opens directory.db; makes it, with mode 0640, when it is not there.
  // `separator`: what begins a subaddress, as for SqliteDirectory.
  explicit Editor(const std::string& path, std::string separator = "+");
  ~Editor();

  Result<void> add_domain(std::string_view domain);
  Result<void> remove_domain(std::string_view domain);
  std::vector<std::string> domains();

  // `wanted.id` is chosen here, and never used again.
  Result<Account> add_account(const Account& wanted);
  // Whether an account or an alias has this address.
  bool is_taken(std::string_view address);
  // Quota, active and subaddress_mailboxes of the account with this id.
  Result<void> change_account(const Account& changed);
  Result<Account> find_account(std::string_view address);
  // The account as it was.
  Result<Account> remove_account(std::string_view address);
  std::vector<Account> accounts();

  // Adds the targets to those the alias has.
  Result<void> add_alias(std::string_view address,
                         const std::vector<std::string>& targets);
  // One target, or the whole alias.
  Result<void> remove_target(std::string_view address,
                             std::string_view target);
  Result<void> remove_alias(std::string_view address);
  std::vector<Alias> aliases();

  // The first of `count` UIDVALIDITY values that nobody else gets, now or
  // after a restore: never below the time in seconds (RFC 3501 2.3.1.1).
  std::uint32_t take_uidvalidity(std::uint32_t count);

 private:
  Result<std::string> check_target(std::string_view target);
  void finish(db::Transaction& change);

  std::unique_ptr<db::Database> db_;
  std::string separator_;
};

}  // namespace mail::directory
