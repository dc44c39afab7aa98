// fill_account: a message in Archive, so that a quota is nearly used up.
#pragma once

#include <string>
#include <variant>

#include "base/fault.h"
#include "store/account.h"
#include "tests/support/write_message.h"

namespace mail {

inline void fill_account(store::Account& account, std::size_t octets) {
  const auto archive = account.mailbox(store::Role::Archive);
  require(archive.has_value(), "an account has an archive");
  const auto added = append_one(
      account, archive->id,
      write_message(account, "Subject: old\r\n\r\n" +
                                 std::string(octets - 18, 'x') + "\r\n"));
  require(added.index() == 0, "there is room for what is old");
}

}  // namespace mail
