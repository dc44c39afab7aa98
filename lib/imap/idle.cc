// IDLE (RFC 2177): the session tells updates until DONE comes, and only then
// answers.  While it waits it holds a watch and nothing else.

#include "base/ascii.h"
#include "imap/commands.h"
#include "imap/visit.h"

namespace mail::imap {

Reply idle(Work& work, Reader& args) {
  if (!args.finish()) return bad(args.why());
  work.out.add("+ idling").end_line();
  work.user.idling = true;
  return ok("done");
}

void Visit::begin_idle(std::string_view tag) {
  user_.idling = false;
  idle_ = std::make_unique<Idle>();
  idle_->tag = tag;
  if (!user_.selected && !user_.annotations) return;
  // First the watch, then the number (in idle_updates, before the session
  // waits): so nothing is missed in between.
  idle_->watch =
      shared_.watches.add(user_.account, [&link = link_] { link.wake(); });
}

void Visit::end_idle(std::string_view text, Response& out) {
  if (same_text(text, "DONE")) idle_updates(out);
  const auto ended = std::move(idle_);
  answer(out, ended->tag,
         same_text(text, "DONE") ? ok("done") : bad("expected DONE"));
}

void Visit::idle_updates(Response& out) {
  if (!idle_->watch) return;
  const store::Modseq number = idle_->watch.number();
  if (number == 0) {
    user_.bye = "the account is gone";
    return;
  }
  // Negative: an administrator holds the account; it is asked again later.
  if (number < 0 || (number == idle_->seen && !retry_)) return;
  Work work(shared_, user_, out);
  update(work, Updates::All);
  if (!retry_) idle_->seen = number;
}

}  // namespace mail::imap
