#include "imap/commands.h"

namespace mail::imap {

Reply create(Work& work, Reader& args) {
  args.space();
  std::string name = args.mailbox();
  if (!args.finish()) return bad(args.why());
  // RFC 3501 6.3.3: a separator at the end only says that names below are to
  // come.
  if (name.ends_with('/')) name.pop_back();
  if (work.account().mailbox(name)) {
    return no("[ALREADYEXISTS] the mailbox exists");
  }
  const auto made = work.account().create_mailbox(name, store::Role::None);
  if (!made) return no("[CANNOT] " + made.error().why);
  return ok("created");
}

}  // namespace mail::imap
