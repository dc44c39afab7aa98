#include "base/ascii.h"
#include "imap/commands.h"

namespace mail::imap {

// RFC 5161 3.1: what is not known is passed over.
Reply enable(Work& work, Reader& args) {
  bool condstore = false;
  do {
    args.space();
    condstore |= same_text(args.atom(), "CONDSTORE");
  } while (!args.at_end());
  if (!args.finish()) return bad(args.why());
  work.out.untagged(condstore ? "ENABLED CONDSTORE" : "ENABLED");
  work.user.condstore |= condstore;
  return ok("done");
}

}  // namespace mail::imap
