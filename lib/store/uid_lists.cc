// Connection's lists of UIDs, and what came and went since a modseq.
//
// The list of a large mailbox is kept in cache.db as it was at some modseq,
// and brought up to date by what has come and gone since: so it costs the
// changes and not the mailbox.
#include <algorithm>

#include "store/connection.h"
#include "store/packed.h"
#include "store/queries.h"
#include "store/uid_set.h"

namespace mail::store {
namespace {

constexpr std::int64_t kFewMessages = 500;  // read faster than kept
constexpr std::size_t kManyChanges = 300;   // after which it is kept anew

struct MailboxRow {
  std::uint32_t uidvalidity = 0;
  Uid uidnext = 1;
  std::int64_t messages = 0;
  Modseq highestmodseq = 0;
  Modseq vanished_floor = 0;
};

std::optional<MailboxRow> read_mailbox(db::Database& mail, MailboxId id) {
  auto& row = mail.statement(
      "SELECT uidvalidity, uidnext, messages, highestmodseq, vanished_floor "
      "FROM mailbox WHERE id = ?");
  row.bind(id);
  if (!row.step()) return {};
  const MailboxRow box{static_cast<std::uint32_t>(row.integer(0)),
                       static_cast<Uid>(row.integer(1)), row.integer(2),
                       row.integer(3), row.integer(4)};
  row.reset();
  return box;
}

UidSet uids_from(db::Database& mail, MailboxId mailbox, Uid first) {
  auto& rows = mail.statement(queries::kUidsFrom);
  rows.bind(mailbox, first);
  UidSet set;
  while (rows.step()) add_uid(set, static_cast<Uid>(rows.integer(0)));
  return set;
}

UidSet read_vanished(db::Database& mail, MailboxId mailbox, Modseq since) {
  auto& gone = mail.statement(queries::kVanishedSince);
  gone.bind(mailbox, since);
  std::vector<UidRange> ranges;
  while (gone.step()) {
    ranges.push_back(
        {static_cast<Uid>(gone.integer(0)), static_cast<Uid>(gone.integer(1))});
  }
  return normalize(std::move(ranges));
}

struct List {
  UidSet uids;
  bool worth_keeping = false;
};

// What was kept, brought up to date; nothing when that cannot be done.
std::optional<List> refreshed(Core& core, MailboxId mailbox,
                              const MailboxRow& box) {
  const auto kept = core.cache.kept(mailbox, Made::Uids);
  if (!kept || kept->uidvalidity != box.uidvalidity ||
      kept->uidnext > box.uidnext || kept->modseq > box.highestmodseq ||
      kept->modseq < box.vanished_floor) {
    return {};
  }
  auto old = unpack_uids(kept->content);
  if (!old) return {};
  const UidSet gone = read_vanished(core.mail, mailbox, kept->modseq);
  const UidSet come = uids_from(core.mail, mailbox, kept->uidnext);
  List list;
  list.uids = difference(*old, gone);
  list.uids.insert(list.uids.end(), come.begin(), come.end());
  list.uids = normalize(std::move(list.uids));
  if (count(list.uids) != box.messages) return {};
  list.worth_keeping = gone.size() + come.size() > kManyChanges;
  return list;
}

List list_now(Core& core, MailboxId mailbox, const MailboxRow& box) {
  if (box.messages == 0) return {};
  if (box.messages == box.uidnext - 1) return {{{1, box.uidnext - 1}}, false};
  if (box.messages > kFewMessages) {
    if (auto list = refreshed(core, mailbox, box)) return std::move(*list);
  }
  return {uids_from(core.mail, mailbox, 1), box.messages > kFewMessages};
}

// UIDs that went after the mark.
UidSet still_seen(db::Database& mail, MailboxId mailbox, Modseq mark,
                  Uid uidnext) {
  auto& rows = mail.statement(queries::kExpungedSince);
  rows.bind(mailbox, mark, 1, uidnext - 1);
  std::vector<UidRange> uids;
  while (rows.step()) {
    const auto uid = static_cast<Uid>(rows.integer(0));
    uids.push_back({uid, uid});
  }
  return normalize(std::move(uids));
}

}  // namespace

UidSet Connection::uids_at(MailboxId mailbox, Modseq mark, Uid uidnext) {
  std::optional<db::Snapshot> snapshot(std::in_place, mail_);
  const auto box = read_mailbox(mail_, mailbox);
  if (!box || uidnext == 1) return {};
  const List list = list_now(core_, mailbox, *box);
  UidSet seen = list.uids;
  if (mark < box->highestmodseq) {
    const UidSet more = still_seen(mail_, mailbox, mark, uidnext);
    seen.insert(seen.end(), more.begin(), more.end());
    seen = normalize(std::move(seen));
  }
  snapshot.reset();
  if (list.worth_keeping) {
    core_.cache.keep(mailbox, Made::Uids,
                     {box->uidvalidity, box->uidnext, box->highestmodseq,
                      pack_uids(list.uids)});
  }
  if (uidnext == box->uidnext) return seen;
  return difference(seen, {{uidnext, UINT32_MAX}});
}

std::vector<Entry> Connection::changed_since(MailboxId mailbox, Modseq since) {
  return read_changed(mailbox, since);
}

std::optional<UidSet> Connection::vanished_since(MailboxId mailbox,
                                                 Modseq since) {
  const db::Snapshot snapshot(mail_);
  const auto box = read_mailbox(mail_, mailbox);
  if (!box || since < box->vanished_floor) return {};
  return read_vanished(mail_, mailbox, since);
}

std::optional<Changes> Connection::changes(MailboxId mailbox, Modseq since) {
  const db::Snapshot snapshot(mail_);
  const auto box = read_mailbox(mail_, mailbox);
  if (!box || since < box->vanished_floor) return {};
  Changes changes;
  changes.uidvalidity = box->uidvalidity;
  changes.uidnext = box->uidnext;
  changes.mark = box->highestmodseq;
  changes.changed = read_changed(mailbox, since);
  changes.expunged = read_vanished(mail_, mailbox, since);
  return changes;
}

}  // namespace mail::store
