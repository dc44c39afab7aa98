// Directory: which domains, accounts and addresses there are.
//
// SQLite answers first (directory/sqlite_directory.h); LDAP and SQL servers
// can implement the same interface.  All lookups are by canonical address
// (mime::Address); case of local parts of ours is folded.  Trouble is a
// Fault: callers answer 451, never "unknown".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mail::directory {

struct Account {
  std::uint64_t id = 0;
  std::string address;               // the primary one
  std::int64_t quota_bytes = 0;      // 0: none
  bool active = true;
  bool subaddress_mailboxes = false; // user+box@ goes to mailbox "box"
};

// Where mail for an address ends.
struct Destination {
  std::uint64_t account = 0;  // 0: another server's address
  std::string address;        // the final address (canonical)
  std::string detail;         // the subaddress, "lists" of ann+lists@
  bool active = true;         // false: a suspended account takes no mail
  std::int64_t quota_bytes = 0;  // the account's own; 0: none
};

class Directory {
 public:
  virtual ~Directory() = default;

  virtual bool is_local(std::string_view domain) = 0;

  // Aliases, groups, catch-all and subaddresses followed to the end; loops
  // and repetitions dropped.  Refusal: no such address here.  An address of
  // a domain that is not ours is its own destination.
  virtual Result<std::vector<Destination>> expand(
      std::string_view address) = 0;

  virtual std::optional<Account> account(std::uint64_t id) = 0;
  virtual std::optional<Account> account(std::string_view address) = 0;

  // Whether the account may use this address as its sender: its own
  // addresses, subaddresses of them, and aliases that end in it.
  virtual bool may_send_as(std::uint64_t account,
                           std::string_view address) = 0;
};

// The domain of this server's postmaster when none is named (RFC 5321 4.5.1):
// its own name, or the domain of ours that it lies in.
std::string postmaster_domain(Directory& directory, std::string_view hostname);

// Where an account's folder lies: "accounts/xx/ID" below the data folder.
std::string account_folder(std::uint64_t id);

}  // namespace mail::directory
