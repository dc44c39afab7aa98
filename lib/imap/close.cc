#include "imap/commands.h"

namespace mail::imap {
// RFC 3501 6.4.2: removes the \Deleted messages and says nothing of it.
Reply close(Work& work, Reader& args) {
  if (!args.finish()) return bad(args.why());
  Selected& box = work.selected();
  const auto row = work.account().mailbox(box.id);
  if (box.writable() && row && row->deleted > 0 && box.uidnext > 1) {
    work.account().expunge(box.id, {{1, box.uidnext - 1}});
  }
  work.user.selected.reset();
  return ok("closed");
}

// RFC 3691.
Reply unselect(Work& work, Reader& args) {
  if (!args.finish()) return bad(args.why());
  work.user.selected.reset();
  return ok("closed");
}

}  // namespace mail::imap
