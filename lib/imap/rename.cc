#include "imap/commands.h"

namespace mail::imap {

Reply rename(Work& work, Reader& args) {
  args.space();
  const std::string from = args.mailbox();
  args.space();
  const std::string to = args.mailbox();
  if (!args.finish()) return bad(args.why());
  const auto row = work.account().named(from);
  if (!row) return no("[NONEXISTENT] no such mailbox");
  if (work.account().named(to)) {
    return no("[ALREADYEXISTS] the mailbox exists");
  }
  const auto done = work.account().rename_mailbox(row->id, to);
  if (!done) return no("[CANNOT] " + done.error().why);
  return ok("renamed");
}

}  // namespace mail::imap
