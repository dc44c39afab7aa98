// MailStore: accounts in a folder of their own, filled from text.
#pragma once

#include <string>
#include <string_view>

#include "store/accounts.h"
#include "store/delivery.h"
#include "store/new_message.h"
#include "tests/support/temp_dir.h"

namespace mail {

class MailStore {
 public:
  MailStore();
  explicit MailStore(store::AccountsOptions options);

  // accounts/1 and so on; made when first asked for.
  store::Lease open(std::uint64_t id = 1);
  std::string folder(std::uint64_t id = 1) const;
  store::AccountsOptions options() const;
  store::Accounts& accounts() { return accounts_; }

  // A message whose text has LF line ends, put into a mailbox; its UID.
  store::Uid append(store::Account& account, store::MailboxId mailbox,
                    std::string_view text, store::Flags flags = 0);
  store::NewMessage write(store::Account& account, std::string_view text);

  // A message as the delivery worker finds it in the spool.
  store::Arrival arrive(store::Account& account, std::string spool_id,
                        std::string_view text);

 private:
  TempDir dir_;
  store::AccountsOptions base_;
  store::Accounts accounts_;
};

// "Subject: NUMBER", a Message-ID and a short body.
std::string numbered_message(int number);

}  // namespace mail
