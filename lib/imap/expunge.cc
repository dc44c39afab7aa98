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
  if (box.uidnext == 1) return ok("nothing to expunge");
  const Uid last =
      work.numbers == Numbers::Uids ? uid_list(work).last() : box.uidnext - 1;
  const UidSet uids =
      set.saved ? box.saved
                : intersection(set.resolve(last), {{1, box.uidnext - 1}});
  if (!uids.empty()) {
    work.tell_modseq = !work.account().expunge(box.id, uids).empty();
  }
  return ok("done");
}

}  // namespace mail::imap
