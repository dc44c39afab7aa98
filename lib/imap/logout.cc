#include "imap/commands.h"

namespace mail::imap {

Reply logout(Work& work, Reader& args) {
  if (!args.finish()) return bad(args.why());
  work.out.untagged("BYE see you");
  work.user.leaving = true;
  return ok("done");
}

}  // namespace mail::imap
