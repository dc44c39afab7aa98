#include "store/outrun.h"

#include <vector>

#include "store/change.h"

namespace mail::store {
namespace {

// More than an account gets between two copies of it.
constexpr std::int64_t kLeap = 1 << 24;
// And no number that was counted up to: the file says nothing.
constexpr Modseq kMostTold = Modseq{1} << 48;

std::vector<MailboxId> all_mailboxes(db::Database& mail) {
  std::vector<MailboxId> all;
  auto& rows = mail.statement("SELECT id FROM mailbox");
  rows.bind();
  while (rows.step()) all.push_back(rows.integer(0));
  return all;
}

}  // namespace

bool outrun(Core& core, Modseq told) {
  if (told > kMostTold || read_account(core.mail).modseq >= told) return false;
  Change change(core);
  if (change.account().modseq >= told) return false;  // another was faster
  change.go_on_from(told);
  for (const MailboxId id : all_mailboxes(core.mail)) {
    core.mail
        .statement("UPDATE mailbox SET uidvalidity = ?2, highestmodseq = ?3, "
                   "modseq = ?3, vanished_floor = ?3, view_floor = ?3 "
                   "WHERE id = ?1")
        .run(id, change.next_uidvalidity(), change.modseq());
  }
  change.account().next_email += kLeap;
  change.account().next_thread += kLeap;
  change.account().next_mailbox += kLeap;
  change.commit();
  return true;
}

}  // namespace mail::store
