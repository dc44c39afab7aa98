// FETCH and UID FETCH (RFC 3501 section 6.4.5; RFC 7162 3.1.4).
//
// Piece by piece: read entries, mark them \Seen where a body is shown, write
// their responses; when much is gathered the account is given back and the
// client takes what there is.

#include <algorithm>

#include "base/log.h"
#include "imap/commands.h"
#include "imap/fetch_message.h"
#include "imap/known_flags.h"
#include "imap/qresync.h"

namespace mail::imap {
namespace {

using Kind = FetchItem::Kind;

struct Arguments {
  SequenceSet set;
  Shown shown;
  std::optional<store::Modseq> changed_since;
  bool vanished = false;
};

void read_modifiers(Work& work, Reader& args, Arguments& out) {
  if (!args.take(' ')) return;
  args.expect('(');
  do {
    if (args.take_word("VANISHED")) {
      out.vanished = true;
    } else if (args.take_word("CHANGEDSINCE")) {
      args.space();
      // Some clients send 0, which is no valid value: all messages are newer.
      out.changed_since = args.modseq();
    } else {
      args.fail("unknown FETCH modifier");
    }
  } while (args.take(' '));
  args.expect(')');
  if (!out.vanished) return;
  // RFC 7162 3.2.6.
  if (work.numbers != Numbers::Uids) args.fail("VANISHED is for UID FETCH");
  if (!out.changed_since) args.fail("VANISHED needs CHANGEDSINCE");
  if (!work.user.qresync) args.fail("ENABLE QRESYNC first");
}

Arguments read(Work& work, Reader& args) {
  Arguments out;
  args.space();
  out.set = args.sequence_set();
  args.space();
  FetchItems items = read_fetch_items(args);
  read_modifiers(work, args, out);
  if (work.numbers == Numbers::Uids) items.imply_first(Kind::UniqueId);
  if (out.changed_since) items.imply(Kind::Modseq);  // RFC 7162 3.1.4.1
  out.shown = Shown(std::move(items));
  return out;
}

// Marks what is shown as \Seen and takes over the new flags.
UidSet mark_seen(Work& work, std::vector<store::Entry>& entries) {
  UidSet unseen;
  for (const store::Entry& entry : entries) {
    if (!(entry.flags & store::kSeen)) append(unseen, entry.uid);
  }
  if (unseen.empty()) return unseen;
  const store::FlagChange change{store::FlagAction::Add, store::kSeen, {}, {}};
  const auto outcome =
      work.account().change_flags(work.selected().id, unseen, change);
  know_own_change(work, outcome.modseq);
  auto changed = outcome.changed.begin();
  for (store::Entry& entry : entries) {
    while (changed != outcome.changed.end() && changed->uid < entry.uid) {
      ++changed;
    }
    if (changed != outcome.changed.end() && changed->uid == entry.uid) {
      entry = *changed;
    }
  }
  return unseen;
}

// CHANGEDSINCE: the changed ones by the store's index.
UidSet narrowed(Work& work, UidSet uids, const Arguments& wanted) {
  if (!wanted.changed_since) return uids;
  UidSet changed;
  for (const auto& entry : work.account().changed_since(
           work.selected().id, *wanted.changed_since)) {
    append(changed, entry.uid);
  }
  return intersection(uids, changed);
}

// "1:*" means what went behind the last message, too.
void send_vanished(Work& work, const Arguments& wanted) {
  if (!wanted.vanished || wanted.set.saved) return;
  const Uid star = work.selected().uidnext - 1;
  send_vanished_earlier(work, vanished_among(work, wanted.set.resolve(star),
                                             *wanted.changed_since));
}

EntryPieces::Detail detail_of(const Arguments& wanted) {
  const bool flags =
      std::ranges::all_of(wanted.shown.items.items, [](const FetchItem& item) {
        return item.kind == Kind::Flags || item.kind == Kind::UniqueId ||
               item.kind == Kind::Modseq;
      });
  return flags ? EntryPieces::Detail::Flags : EntryPieces::Detail::All;
}

bool is_wanted(const store::Entry& entry, const Arguments& wanted) {
  return !wanted.changed_since || entry.modseq > *wanted.changed_since;
}

// A message that nobody expunged has lost its file: it can still be flagged,
// copied and expunged.
Reply not_whole(Work& work, Uid uid) {
  bool there = false;
  work.account().each_entry(work.selected().id, {uid, uid},
                            [&](const store::Entry&) { there = true; });
  if (!there) return no("[EXPUNGEISSUED] some of the messages are gone");
  log_warn("contents-lost", {{"account", work.user.account},
                             {"mailbox", work.selected().id},
                             {"uid", uid}});
  return no("[CORRUPTION] the contents of some messages are lost");
}

}  // namespace

Reply fetch(Work& work, Reader& args) {
  Arguments wanted = read(work, args);
  if (!args.finish()) return bad(args.why());
  const auto uids = chosen(work, wanted.set);
  if (!uids) return bad(uids.error().why);
  send_vanished(work, wanted);
  // RFC 7162 3.1: asking for mod-sequences enables them.
  work.user.condstore |= wanted.shown.items.has(Kind::Modseq);
  const bool marks =
      wanted.shown.items.marks_seen() && work.selected().writable();

  const bool tells_flags = marks || wanted.shown.items.has(Kind::Flags);
  std::optional<Uid> missing;
  bool unknown_cte = false;
  EntryPieces pieces(narrowed(work, *uids, wanted), detail_of(wanted));
  while (pieces.next(work)) {
    if (marks) wanted.shown.marked = mark_seen(work, pieces.entries());
    for (const store::Entry& entry : pieces.entries()) {
      if (!is_wanted(entry, wanted)) continue;
      if (tells_flags) tell_keywords(work, entry.keywords);
      const Fetched fetched = send_message(work, entry, wanted.shown);
      if (fetched == Fetched::Gone) missing = entry.uid;
      unknown_cte |= fetched == Fetched::UnknownCte;
      work.breathe();
    }
  }
  if (unknown_cte) return no("[UNKNOWN-CTE] a part cannot be decoded");
  return missing ? not_whole(work, *missing) : ok("done");
}

}  // namespace mail::imap
