// Accounts: the open accounts of one process, as few as can be.
//
//   Accounts accounts({.folder = [&](auto id) { return data + "/" +
//                          directory::account_folder(id); }});
//   {
//     const auto lease = accounts.open(id);
//     lease->...
//   }                                     // back before anybody is waited for
//
// An account is leased to one thread at a time; several threads that want the
// same one get connections of their own, up to a limit.  What nobody leases
// is kept for a second (least recently used out first), so that a session
// that waits costs nothing here.  Never hold a Lease while a client is
// waited for, and never two at once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "store/account.h"

namespace mail::store {

class Connection;

// The next UIDVALIDITY of the whole instance (directory.db counts it): never
// the same twice.  Called inside of transactions: it must not use the store.
using UidValiditySource = std::function<std::uint32_t()>;

struct AccountsOptions {
  // The folder of an account, from its id.
  std::function<std::string(std::uint64_t)> folder;
  // Empty: seconds of the wall clock, kept ascending in each account.
  UidValiditySource next_uidvalidity;
  // Octets an account without a quota of its own may hold; 0: no limit.
  std::int64_t usual_quota = 0;
  std::size_t most_open = 64;
  std::size_t most_of_one = 8;  // connections to one account
  Micros idle = kSecond;        // closed when unused for so long
  int cache_kilobytes = 256;    // SQLite's page cache of each
};

class Accounts;

// An account while it is used.  Gives it back at the end of its scope; when
// that ends by a Fault, the account is closed and opened anew by the next: what
// a commit that failed has left in the log may then count.  Who has told a
// client that it failed keeps the connection, which writes over it.
class Lease {
 public:
  Lease(Lease&&) noexcept;
  Lease& operator=(Lease&&) = delete;
  ~Lease();

  Account* operator->() const;
  Account& operator*() const;

 private:
  friend class Accounts;
  Lease(Accounts& accounts, Connection& connection);
  Accounts* accounts_;
  Connection* connection_;
  int exceptions_;
};

class Accounts {
 public:
  explicit Accounts(AccountsOptions options);
  ~Accounts();  // every Lease is back
  Accounts(const Accounts&) = delete;
  Accounts& operator=(const Accounts&) = delete;

  // Waits up to 5 s for a free place.  Fault: "busy" after that or while an
  // administrator holds the account; "no such account"; newer schema.
  Lease open(std::uint64_t id);

  // Closes what nobody uses, now.
  void close_idle();

  std::size_t open_count() const;

 private:
  friend class Lease;
  struct State;
  void give_back(Connection& connection);
  void close(Connection& connection);
  std::unique_ptr<State> state_;
};

}  // namespace mail::store
