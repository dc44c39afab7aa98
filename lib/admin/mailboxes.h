// mailctl mailbox list: an account's mailboxes and what is in them.
#pragma once

#include <string>

#include "admin/context.h"

namespace mail::admin {

class MailboxCommands {
 public:
  MailboxCommands(Options& options, Context& context);

 private:
  int list();

  Context& context_;
  std::string address_;
};

}  // namespace mail::admin
