// Connection's REPLACE: a message comes, another goes, in one transaction
// (RFC 8508 section 3.4).
#include "store/connection.h"
#include "store/expunge.h"
#include "store/mailbox_rows.h"
#include "store/new_email.h"
#include "store/queries.h"

namespace mail::store {
namespace {

// Whatever its flags.
void remove(db::Database& mail, Change& change, const Location& place,
            const Entry& entry) {
  mail.statement(queries::kExpungeOne)
      .run(place.mailbox, place.uid, change.modseq(), change.now());
  mail.statement(queries::kDropOne).run(place.mailbox, place.uid);
  change.mailbox(place.mailbox).remove(entry.flags, entry.size);
  record_vanished(mail, change, place.mailbox, {{place.uid, place.uid}});
  depart(mail, change, place.mailbox);
}

}  // namespace

// The quota sees what both changes come to.
std::variant<Appended, NotReplaced> Connection::replace(
    const Location& old, MailboxId to, NewMessage message) {
  const Digested& digested = message.digested;
  const std::string& file = message.draft.file;
  message.draft.sync();
  Change change(core_);
  const auto found = entries(old.mailbox, {{old.uid, old.uid}});
  if (!load_mailbox(mail_, to)) return NotReplaced::NoMailbox;
  if (found.empty()) return NotReplaced::Gone;
  remove(mail_, change, old, found.front());
  if (!fits(core_, change.account(), digested.size)) {
    return NotReplaced::OverQuota;
  }
  const Entry entry = insert_email(
      core_, change,
      {file, message.length, {}, message.internal_date,
       message.flags, message.keywords, digested});
  const Uid uid = change.insert_entry(to, entry);
  const Cache::Row row{entry.email, cache_tag(file, {}),
                       &digested.cached};
  core_.cache.write({&row, 1});
  const Appended appended{change.mailbox(to).uidvalidity, uid};
  message.draft.hand_over();
  change.commit();
  return appended;
}

}  // namespace mail::store
