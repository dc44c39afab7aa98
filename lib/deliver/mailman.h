// Mailman: puts messages of the spool into accounts, exactly once.
//
// One batch: the spool files are verified, linked into the account's folder
// (copied where a link cannot be), the folder is synced, and the rows are
// inserted in one transaction.  Whatever was cut short may be repeated: a
// link that exists is fine, and the store knows what it has.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "deliver/batch.h"
#include "spool/shelves.h"
#include "store/accounts.h"
#include "store/delivery.h"

namespace mail::deliver {

class Mailman {
 public:
  // `announce`: called with the id before a message's bytes are looked at,
  // and with "" when that is over.
  Mailman(const std::string& spool, store::Accounts& accounts,
          std::function<void(std::string_view id)> announce);

  // Never throws for what is wrong with messages or with the account: that
  // is Trouble, for all of the batch that was not delivered.
  BatchResult deliver(const Batch& batch);

  // Whether any name of the spool leads to it.
  bool in_spool(std::string_view id) const;

 private:
  struct Round;
  void deliver_all(Round& round);
  void prepare(Round& round, std::size_t index);
  std::expected<spool::Item, spool::Flaw> open(const Parcel& parcel) const;
  void link(Round& round, const Parcel& parcel, const spool::Item& item);
  void commit(Round& round);

  spool::Shelves shelves_;
  dev_t device_;  // links are made within it
  store::Accounts& accounts_;
  std::function<void(std::string_view)> announce_;
};

}  // namespace mail::deliver
