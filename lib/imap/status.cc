// STATUS (RFC 3501 section 6.3.10).

#include "imap/commands.h"
#include "imap/status_items.h"

namespace mail::imap {

Reply status(Work& work, Reader& args) {
  args.space();
  const std::string name = args.mailbox();
  args.space();
  const StatusItems items = StatusItems::read(args);
  if (!args.finish()) return bad(args.why());
  const auto row = work.account().mailbox(name);
  if (!row) return no("[NONEXISTENT] no such mailbox");
  items.send(work, *row);
  return ok("done");
}

}  // namespace mail::imap
