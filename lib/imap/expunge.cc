#include "imap/commands.h"

namespace mail::imap {

// EXPUNGE, and UID EXPUNGE of RFC 4315 2.1.  The updates behind the command
// tell what went.  Only what this session has seen goes: a message that has
// just come in and was marked elsewhere stays.
Reply expunge(Work& work, Reader& args) {
  SequenceSet set{{{1, kStar}}};
  if (work.numbers == Numbers::Uids) {
    args.space();
    set = args.sequence_set();
  }
  if (!args.finish()) return bad(args.why());
  Selected& box = work.selected();
  if (!box.writable()) return no("[READ-ONLY] the mailbox is read-only");
  const UidSet uids =
      intersection(set.resolve(uid_list(work).last()), {{1, box.uidnext - 1}});
  if (box.uidnext > 1 && !uids.empty()) {
    work.account().expunge(box.id, uids);
  }
  return ok("done");
}

}  // namespace mail::imap
