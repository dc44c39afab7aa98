#include "admin/mailboxes.h"

namespace mail::admin {

MailboxCommands::MailboxCommands(Options& options, Context& context)
    : context_(context) {
  Options& mailbox = options.command("mailbox", "an account's mailboxes");
  Options& list_them = mailbox.command(
      "list", "one a line: name, messages, unseen, bytes",
      [this] { return list(); });
  list_them.argument("address", address_, "the account");
}

int MailboxCommands::list() {
  const auto account = context_.account(address_);
  std::vector<Record> records;
  for (const auto& box : context_.accounts().open(account.id)->mailboxes()) {
    if (!box.selectable) continue;
    records.push_back({{"name", box.name},
                       {"messages", box.messages},
                       {"unseen", box.unseen},
                       {"bytes", box.bytes}});
  }
  context_.output().list(records);
  return 0;
}

}  // namespace mail::admin
