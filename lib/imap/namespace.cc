#include "imap/commands.h"

namespace mail::imap {

// RFC 2342: one's own mailboxes, no others.
Reply namespaces(Work& work, Reader& args) {
  if (!args.finish()) return bad(args.why());
  work.out.untagged("NAMESPACE ((\"\" \"/\")) NIL NIL");
  return ok("done");
}

}  // namespace mail::imap
