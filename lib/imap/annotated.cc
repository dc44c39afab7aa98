// What others did to annotations: METADATA responses without values
// (RFC 5464 section 4.4.2).

#include <algorithm>

#include "imap/updates.h"
#include "imap/work.h"

namespace mail::imap {

void send_annotated(Work& work) {
  User& user = work.user;
  if (!user.annotations) return;
  const store::Modseq now = work.account().modseq();
  if (now <= *user.annotations) return;
  const auto changed = work.account().annotated_since(*user.annotations);
  store::MailboxId told = -1;
  for (const store::AnnotatedName& one : changed) {
    if (std::ranges::find(user.annotated, one.modseq) != user.annotated.end()) {
      continue;
    }
    if (one.mailbox != told) {
      const auto box = work.account().mailbox(one.mailbox);
      if (one.mailbox != 0 && !box) continue;
      if (told >= 0) work.out.end_line();
      told = one.mailbox;
      work.out.add("* METADATA ").mailbox(box ? box->name : "");
    }
    work.out.add(' ').astring(one.name);
  }
  if (told >= 0) work.out.end_line();
  user.annotations = now;
  user.annotated.clear();
}

}  // namespace mail::imap
