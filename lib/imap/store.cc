// STORE and UID STORE (RFC 3501 section 6.4.6; RFC 7162 3.1.3).

#include "imap/commands.h"
#include "imap/known_flags.h"

namespace mail::imap {
namespace {

struct Arguments {
  SequenceSet set;
  store::FlagChange change;
  bool silent = false;
};

void read_modifiers(Reader& args, store::FlagChange& change) {
  args.expect('(');
  if (!args.take_word("UNCHANGEDSINCE")) args.fail("unknown STORE modifier");
  args.space();
  // 0 is taken as it is: RFC 7162 3.1.3 has it fail for every message.
  change.unchanged_since = args.modseq();
  args.expect(')');
  args.space();
}

Arguments read(Reader& args) {
  Arguments out;
  args.space();
  out.set = args.sequence_set();
  args.space();
  if (args.next() == '(') read_modifiers(args, out.change);
  if (args.take('+')) {
    out.change.action = store::FlagAction::Add;
  } else if (args.take('-')) {
    out.change.action = store::FlagAction::Remove;
  } else {
    out.change.action = store::FlagAction::Replace;
  }
  out.silent = args.take_word("FLAGS.SILENT");
  if (!out.silent && !args.take_word("FLAGS")) args.fail("expected FLAGS");
  args.space();
  FlagList flags = args.flags();
  out.change.flags = flags.flags;
  out.change.keywords = std::move(flags.keywords);
  return out;
}

// Whether nobody else changed the mailbox since the mark, so that the client,
// which was not told, computes the same flags as we did.
bool undisturbed(Work& work) {
  const auto row = work.account().mailbox(work.selected().id);
  return row && row->highestmodseq <= work.selected().mark;
}

// .SILENT with CONDSTORE still tells the new mod-sequence (RFC 7162 3.1.3).
void send_modseq(Work& work, const store::Entry& entry) {
  work.out.add("* ").number(uid_list(work).number(entry.uid)).add(" FETCH (");
  work.out.add("UID ").number(entry.uid);  // RFC 7162 3.2.4
  work.out.add(" MODSEQ (").number(entry.modseq).add("))").end_line();
}

void send_outcome(Work& work, const Arguments& wanted,
                  const store::FlagOutcome& outcome) {
  for (const store::Entry& entry : outcome.changed) {
    tell_keywords(work, entry.keywords);
    if (!wanted.silent) {
      send_flags(work, entry);
    } else if (work.user.condstore) {
      send_modseq(work, entry);
    }
    work.breathe();
  }
}

// "[MODIFIED 7,9]": the messages that were left alone, named as the command
// names them.
std::string modified(Work& work, const std::vector<Uid>& uids) {
  UidSet set;
  for (const Uid uid : uids) {
    append(set,
           work.numbers == Numbers::Uids ? uid : uid_list(work).number(uid));
  }
  return "[MODIFIED " + to_text(set) + "] ";
}

// Of messages named by numbers some may be gone, which the client was not told
// yet: silently that is no failure (RFC 2180 4.2.1, 4.2.3); UIDs that are not
// there are ignored (RFC 3501 6.4.8).
Reply conclude(Work& work, const Arguments& wanted,
               const store::FlagOutcome& outcome, const UidSet& uids) {
  const std::size_t found = outcome.changed.size() + outcome.modified.size();
  const bool any_gone = found < static_cast<std::size_t>(count(uids));
  const bool told =
      work.numbers == Numbers::Sequence && (!wanted.silent || found == 0);
  std::string code;
  if (!outcome.modified.empty()) code = modified(work, outcome.modified);
  if (any_gone && told) {
    if (code.empty()) code = "[EXPUNGEISSUED] ";
    return no(code + "some messages are gone");
  }
  return ok(code + (code.empty() ? "done" : "conditional STORE failed"));
}

}  // namespace

Reply store_flags(Work& work, Reader& args) {
  const Arguments wanted = read(args);
  if (!args.finish()) return bad(args.why());
  if (!work.selected().writable()) {
    return no("[READ-ONLY] the mailbox is read-only");
  }
  const auto uids = chosen(work, wanted.set);
  if (!uids) return bad(uids.error().why);
  if (wanted.change.unchanged_since) work.user.condstore = true;
  if (uids->empty()) return ok("nothing to store");

  const store::Modseq before = work.account().modseq();
  const bool alone = undisturbed(work);
  const auto outcome =
      work.account().change_flags(work.selected().id, *uids, wanted.change);
  // A silent change is known only when no other came in between.
  if (!wanted.silent || (alone && outcome.modseq == before + 1)) {
    know_own_change(work, outcome.modseq);
  }
  send_outcome(work, wanted, outcome);
  return conclude(work, wanted, outcome, *uids);
}

}  // namespace mail::imap
