#include "imap/commands.h"

namespace mail::imap {

Reply delete_mailbox(Work& work, Reader& args) {
  args.space();
  const std::string name = args.mailbox();
  if (!args.finish()) return bad(args.why());
  const auto row = work.account().mailbox(name);
  if (!row) return no("[NONEXISTENT] no such mailbox");
  if (row->has_children) return no("[HASCHILDREN] the mailbox has children");
  const auto done = work.account().delete_mailbox(row->id);
  if (!done) return no("[CANNOT] " + done.error().why);
  if (work.user.selected && work.selected().id == row->id) {
    work.user.selected.reset();
  }
  return ok("deleted");
}

}  // namespace mail::imap
