#include "imap/commands.h"

namespace mail::imap {

Reply subscribe(Work& work, Reader& args) {
  args.space();
  const std::string name = args.mailbox();
  if (!args.finish()) return bad(args.why());
  // RFC 3501 6.3.6 lets the server check, once, that it exists.
  if (!work.account().named(name)) {
    return no("[NONEXISTENT] no such mailbox");
  }
  work.account().subscribe(name);
  return ok("subscribed");
}

Reply unsubscribe(Work& work, Reader& args) {
  args.space();
  const std::string name = args.mailbox();
  if (!args.finish()) return bad(args.why());
  work.account().unsubscribe(name);
  return ok("unsubscribed");
}

}  // namespace mail::imap
