// What others did to annotations: METADATA responses without values
// (RFC 5464 section 4.4.2).

#include <algorithm>
#include <map>

#include "imap/updates.h"
#include "imap/work.h"

namespace mail::imap {
namespace {

using Names = std::map<store::MailboxId, std::string>;

// Of names that are no mailboxes too, and of the account itself: "".
Names all_names(store::Account& account) {
  Names names = {{0, ""}};
  for (auto& box : account.mailboxes()) {
    names.emplace(box.id, std::move(box.name));
  }
  return names;
}

}  // namespace

void send_annotated(Work& work) {
  User& user = work.user;
  if (!user.annotations) return;
  const store::Modseq now = work.account().modseq();
  if (now <= *user.annotations) return;
  const auto changed = work.account().annotated_since(*user.annotations);
  const auto names = changed.empty() ? Names() : all_names(work.account());
  store::MailboxId told = -1;
  for (const store::AnnotatedName& one : changed) {
    if (std::ranges::find(user.annotated, one.modseq) != user.annotated.end()) {
      continue;
    }
    if (one.mailbox != told) {
      const auto name = names.find(one.mailbox);
      if (name == names.end()) continue;
      if (told >= 0) work.out.end_line();
      told = one.mailbox;
      work.out.add("* METADATA ").mailbox(name->second);
    }
    work.out.add(' ').astring(one.name);
  }
  if (told >= 0) work.out.end_line();
  user.annotations = now;
  user.annotated.clear();
}

}  // namespace mail::imap
