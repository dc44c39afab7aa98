#include "imap/commands.h"

namespace mail::imap {

Reply delete_mailbox(Work& work, Reader& args) {
  args.space();
  const std::string name = args.mailbox();
  if (!args.finish()) return bad(args.why());
  const auto row = work.account().named(name);
  if (!row) return no("[NONEXISTENT] no such mailbox");
  // RFC 3501 6.3.4: of a mailbox with others below the name stays, \Noselect,
  // and can go when they are gone.
  if (row->has_children && !row->selectable) {
    return no("[HASCHILDREN] there are mailboxes below it");
  }
  const auto done = work.account().delete_mailbox(row->id);
  if (!done) return no("[CANNOT] " + done.error().why);
  if (work.user.selected && work.selected().id == row->id) {
    work.user.selected.reset();
  }
  return ok("deleted");
}

}  // namespace mail::imap
