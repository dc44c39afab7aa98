// Connection's change of flags and keywords.
//
// \Deleted belongs to the entry.  Every other flag and the keywords belong to
// the email: a change in one mailbox changes the email's entries in all of
// them, in this transaction.
#include <algorithm>
#include <map>

#include "base/ascii.h"
#include "store/connection.h"
#include "store/queries.h"

namespace mail::store {
namespace {

constexpr Flags kAllFlags = kSeen | kAnswered | kFlagged | kDeleted | kDraft;

Flags apply(const FlagChange& change, Flags flags) {
  const Flags given = change.flags & kAllFlags;
  if (change.action == FlagAction::Replace) return given;
  if (change.action == FlagAction::Add) return flags | given;
  return flags & ~given;
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::any_of(
      names, [&](const auto& other) { return same_text(other, name); });
}

// Which set comes from which, found once for each old set.
class KeywordChange {
 public:
  KeywordChange(KeywordSets& sets, const FlagChange& change)
      : sets_(sets), change_(change) {}

  std::int64_t apply(std::int64_t set) {
    if (change_.keywords.empty() && change_.action != FlagAction::Replace) {
      return set;
    }
    const auto known = known_.find(set);
    if (known != known_.end()) return known->second;
    return known_[set] = find(set);
  }

 private:
  std::int64_t find(std::int64_t set) {
    if (change_.action == FlagAction::Replace) {
      return sets_.intern(change_.keywords);
    }
    auto names = sets_.names(set);
    if (change_.action == FlagAction::Remove) {
      std::erase_if(names, [&](const auto& name) {
        return holds(change_.keywords, name);
      });
    } else {
      names.insert(names.end(), change_.keywords.begin(),
                   change_.keywords.end());
    }
    return sets_.intern(names);
  }

  KeywordSets& sets_;
  const FlagChange& change_;
  std::map<std::int64_t, std::int64_t> known_;
};

struct Other {
  MailboxId mailbox;
  Uid uid;
  Flags flags;
  std::int64_t size;
};

// Gives the email and its entries elsewhere the same flags.
void follow(Core& core, Change& change, MailboxId here, const Entry& entry) {
  const Flags shared = entry.flags & ~kDeleted;
  core.mail
      .statement(
          "UPDATE email SET flags = ?2, keywords = ?3, modseq = ?4 "
          "WHERE id = ?1")
      .run(entry.email, shared, entry.keywords, change.modseq());
  auto& rows = core.mail.statement(queries::kEntriesOfEmail);
  rows.bind(entry.email);
  std::vector<Other> others;
  while (rows.step()) {
    if (rows.integer(0) == here) continue;
    others.push_back({rows.integer(0), static_cast<Uid>(rows.integer(1)),
                      static_cast<Flags>(rows.integer(2)), rows.integer(3)});
  }
  for (const Other& other : others) {
    const Flags flags = shared | (other.flags & kDeleted);
    core.mail.statement(queries::kStoreFlags)
        .run(other.mailbox, other.uid, flags, entry.keywords, change.modseq());
    change.mailbox(other.mailbox).remove(other.flags, other.size);
    change.mailbox(other.mailbox).add(flags, other.size);
  }
}

void store(Core& core, Change& change, MailboxId here, const Entry& before,
           const Entry& after) {
  core.mail.statement(queries::kStoreFlags)
      .run(here, after.uid, after.flags, after.keywords, after.modseq);
  MailboxChange& counts = change.mailbox(here);
  counts.remove(before.flags, before.size);
  counts.add(after.flags, after.size);
  const bool shared_changed = ((before.flags ^ after.flags) & ~kDeleted) != 0 ||
                              before.keywords != after.keywords;
  if (shared_changed) follow(core, change, here, after);
}

}  // namespace

FlagOutcome Connection::change_flags(MailboxId mailbox, const UidSet& uids,
                                     const FlagChange& wanted) {
  Change change(core_);
  KeywordChange keyword_change(core_.keywords, wanted);
  FlagOutcome outcome;
  bool any = false;
  for (const Entry& before : entries(mailbox, uids)) {
    if (wanted.unchanged_since && before.modseq > *wanted.unchanged_since) {
      outcome.modified.push_back(before.uid);
      continue;
    }
    Entry after = before;
    after.flags = apply(wanted, before.flags);
    after.keywords = keyword_change.apply(before.keywords);
    if (after.flags != before.flags || after.keywords != before.keywords) {
      after.modseq = change.modseq();
      store(core_, change, mailbox, before, after);
      any = true;
    }
    outcome.changed.push_back(after);
  }
  if (any) {
    outcome.modseq = change.modseq();
    change.commit();
  }
  return outcome;
}

}  // namespace mail::store
