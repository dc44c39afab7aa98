// Connection's reading of entries.  A mailbox as a session sees it is what
// is there, and what was expunged after the session's mark.
#include <algorithm>

#include "store/connection.h"
#include "store/entry_row.h"
#include "store/queries.h"

namespace mail::store {
namespace {

std::vector<Uid> read_uids(db::Statement& rows) {
  std::vector<Uid> uids;
  while (rows.step()) uids.push_back(static_cast<Uid>(rows.integer(0)));
  return uids;
}

// Resets a statement that a callback may leave by an exception.
struct Reset {
  db::Statement& statement;
  ~Reset() { statement.reset(); }
};

std::vector<Entry> expunged_since(db::Database& mail, MailboxId mailbox,
                                  Modseq mark, UidRange range) {
  auto& rows = mail.statement(queries::kExpungedSince);
  rows.bind(mailbox, mark, range.first, range.last);
  std::vector<Entry> gone;
  while (rows.step()) gone.push_back(read_entry(rows));
  std::ranges::sort(gone, {}, &Entry::uid);
  return gone;
}

Entry read_flags(const db::Statement& row) {
  Entry entry;
  entry.uid = static_cast<Uid>(row.integer(0));
  entry.modseq = row.integer(1);
  entry.flags = static_cast<Flags>(row.integer(2));
  entry.keywords = row.integer(3);
  return entry;
}

// What is there and what is gone, by UID.
void merge(db::Statement& rows, Entry (*read)(const db::Statement&),
           const std::vector<Entry>& gone,
           const std::function<void(const Entry&)>& use) {
  const Reset reset{rows};
  auto next = gone.begin();
  while (rows.step()) {
    const Entry entry = read(rows);
    while (next != gone.end() && next->uid < entry.uid) use(*next++);
    use(entry);
  }
  while (next != gone.end()) use(*next++);
}

}  // namespace

Entry read_entry(const db::Statement& row) {
  Entry entry;
  entry.uid = static_cast<Uid>(row.integer(0));
  entry.email = row.integer(1);
  entry.thread = row.integer(2);
  entry.modseq = row.integer(3);
  entry.flags = static_cast<Flags>(row.integer(4));
  entry.keywords = row.integer(5);
  entry.size = row.integer(6);
  entry.internal_date = row.integer(7);
  entry.save_date = row.integer(8);
  return entry;
}

void Connection::each_entry(MailboxId mailbox, UidRange range,
                            const std::function<void(const Entry&)>& use) {
  auto& rows = mail_.statement(queries::kEntries);
  rows.bind(mailbox, range.first, range.last);
  const Reset reset{rows};
  while (rows.step()) use(read_entry(rows));
}

void Connection::each_entry_at(MailboxId mailbox, Modseq mark, UidRange range,
                               const std::function<void(const Entry&)>& use) {
  const db::Snapshot snapshot(mail_);
  auto& rows = mail_.statement(queries::kEntries);
  rows.bind(mailbox, range.first, range.last);
  merge(rows, read_entry, expunged_since(mail_, mailbox, mark, range), use);
}

void Connection::each_flags_at(MailboxId mailbox, Modseq mark, UidRange range,
                               const std::function<void(const Entry&)>& use) {
  const db::Snapshot snapshot(mail_);
  auto& rows = mail_.statement(queries::kFlagsOfEntries);
  rows.bind(mailbox, range.first, range.last);
  merge(rows, read_flags, expunged_since(mail_, mailbox, mark, range), use);
}

std::vector<Uid> Connection::uids(MailboxId mailbox) {
  auto& rows = mail_.statement(queries::kUids);
  rows.bind(mailbox);
  return read_uids(rows);
}

// The rarest flag first: its partial index holds only those messages.
std::vector<Uid> Connection::uids_with(MailboxId mailbox, Flags set,
                                       Flags clear) {
  if (set == 0 && clear == kSeen) {
    auto& rows = mail_.statement(queries::kUnseen);
    rows.bind(mailbox);
    return read_uids(rows);
  }
  const auto sql = set & kDeleted   ? queries::kDeletedWith
                   : set & kFlagged ? queries::kFlaggedWith
                   : clear & kSeen  ? queries::kUnseenWith
                                    : queries::kAnyWith;
  auto& rows = mail_.statement(sql);
  rows.bind(mailbox, set, clear);
  return read_uids(rows);
}

std::optional<Uid> Connection::first_unseen(MailboxId mailbox) {
  auto& row = mail_.statement(queries::kFirstUnseen);
  row.bind(mailbox);
  if (!row.step()) return {};
  const auto uid = static_cast<Uid>(row.integer(0));
  row.reset();
  return uid;
}

std::int64_t Connection::count_from(MailboxId mailbox, Uid first) {
  auto& row = mail_.statement(queries::kCountFrom);
  row.bind(mailbox, first);
  row.step();
  const std::int64_t count = row.integer(0);
  row.reset();
  return count;
}

std::int64_t Connection::deleted_bytes(MailboxId mailbox) {
  auto& row = mail_.statement(queries::kDeletedBytes);
  row.bind(mailbox);
  row.step();
  const std::int64_t bytes = row.integer(0);
  row.reset();
  return bytes;
}

std::vector<Entry> Connection::read_changed(MailboxId mailbox, Modseq since) {
  auto& rows = mail_.statement(queries::kChanged);
  rows.bind(mailbox, since);
  std::vector<Entry> changed;
  while (rows.step()) changed.push_back(read_entry(rows));
  std::ranges::sort(changed, {}, &Entry::uid);
  return changed;
}

const std::vector<std::string>& Connection::keywords(std::int64_t set) {
  return core_.keywords.names(set);
}

std::vector<std::string> Connection::mailbox_keywords(MailboxId mailbox) {
  std::vector<std::int64_t> sets;
  auto& next = mail_.statement(queries::kNextKeywords);
  for (std::int64_t last = 0;; last = sets.back()) {
    next.bind(mailbox, last);
    if (!next.step()) break;
    sets.push_back(next.integer(0));
    next.reset();
  }
  std::vector<std::string> names;
  for (const std::int64_t set : sets) {
    const auto& some = core_.keywords.names(set);
    names.insert(names.end(), some.begin(), some.end());
  }
  std::ranges::sort(names);
  const auto rest = std::ranges::unique(names);
  names.erase(rest.begin(), rest.end());
  return names;
}

std::vector<Entry> Connection::entries(MailboxId mailbox, const UidSet& uids) {
  std::vector<Entry> found;
  auto& rows = mail_.statement(queries::kEntries);
  for (const UidRange& range : uids) {
    rows.bind(mailbox, range.first, range.last);
    while (rows.step()) found.push_back(read_entry(rows));
  }
  return found;
}

}  // namespace mail::store
