// COPY, MOVE (RFC 6851), and their UID forms.

#include <variant>

#include "imap/commands.h"

namespace mail::imap {
namespace {

// "[COPYUID 38505 304,319:320 3956:3958]" (RFC 4315 section 3).
std::string copyuid(const store::Copied& copied) {
  UidSet from, to;
  for (const auto& [source, target] : copied.uids) {
    append(from, source);
    append(to, target);
  }
  return "[COPYUID " + std::to_string(copied.uidvalidity) + ' ' +
         to_text(from) + ' ' + to_text(to) + "] ";
}

struct Arguments {
  UidSet uids;
  store::MailboxId target = 0;
};

std::variant<Arguments, Reply> read(Work& work, Reader& args) {
  args.space();
  const SequenceSet set = args.sequence_set();
  args.space();
  const std::string name = args.mailbox();
  if (!args.finish()) return bad(args.why());
  auto uids = chosen(work, set);
  if (!uids) return bad(uids.error().why);
  const auto target = work.account().mailbox(name);
  if (!target) return no("[TRYCREATE] no such mailbox");
  return Arguments{std::move(*uids), target->id};
}

// Of messages named by numbers all are meant, and of those whose EXPUNGE the
// client was not told yet none can be copied (RFC 2180 4.4.1); UIDs that are
// not there are ignored (RFC 3501 6.4.8).
store::IfGone if_gone(const Work& work) {
  return work.numbers == Numbers::Uids ? store::IfGone::CopyRest
                                       : store::IfGone::CopyNothing;
}

constexpr std::string_view kGone = "[EXPUNGEISSUED] some messages are gone";

}  // namespace

Reply copy(Work& work, Reader& args) {
  const auto read_args = read(work, args);
  if (const auto* reply = std::get_if<Reply>(&read_args)) return *reply;
  const auto& [uids, target] = std::get<Arguments>(read_args);
  if (uids.empty()) return ok("nothing to copy");
  const auto done =
      work.account().copy(work.selected().id, uids, target, if_gone(work));
  if (done.over_quota) return no("[OVERQUOTA] over quota");
  if (done.incomplete) return no(std::string(kGone));
  if (done.uids.empty()) return ok("nothing to copy");
  return ok(copyuid(done) + "copied");
}

// RFC 6851 4.3: COPYUID first, the EXPUNGEs (with the updates) behind it.
Reply move(Work& work, Reader& args) {
  const auto read_args = read(work, args);
  if (const auto* reply = std::get_if<Reply>(&read_args)) return *reply;
  const auto& [uids, target] = std::get<Arguments>(read_args);
  if (!work.selected().writable()) {
    return no("[READ-ONLY] the mailbox is read-only");
  }
  if (uids.empty()) return ok("nothing to move");
  const auto done =
      work.account().move(work.selected().id, uids, target, if_gone(work));
  if (done.over_quota) return no("[OVERQUOTA] over quota");
  if (done.incomplete) return no(std::string(kGone));
  if (done.uids.empty()) return ok("nothing to move");
  work.out.untagged("OK " + copyuid(done) + "moved");
  work.tell_modseq = true;  // RFC 6851 4.4
  return ok("done");
}

}  // namespace mail::imap
