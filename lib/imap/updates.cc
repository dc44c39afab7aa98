#include "imap/updates.h"

#include <algorithm>

#include "imap/known_flags.h"
#include "imap/work.h"

namespace mail::imap {
namespace {

void send_exists(Work& work) {
  const Selected& box = work.selected();
  work.out.add("* ").number(box.messages).add(" EXISTS").end_line();
  work.out.add("* ")
      .number(static_cast<std::int64_t>(count(box.recent)))
      .add(" RECENT")
      .end_line();
}

// From the last to the first, so that no number changes while they are told.
void send_each_expunged(Work& work, const UidSet& gone) {
  const Selected& box = work.selected();
  for (auto range = gone.rbegin(); range != gone.rend(); ++range) {
    const std::uint32_t first = box.list->number(range->first);
    for (auto n = box.list->number(range->last); n >= first; --n) {
      work.out.add("* ").number(n).add(" EXPUNGE").end_line();
    }
  }
}

void send_expunged(Work& work, const UidSet& gone) {
  Selected& box = work.selected();
  if (work.user.qresync) {  // RFC 7162 3.2.10
    work.out.add("* VANISHED ").add(to_text(gone)).end_line();
  } else {
    send_each_expunged(work, gone);
  }
  box.list->remove(gone);
  box.messages = box.list->size();
  box.recent = difference(box.recent, gone);
  box.saved = difference(box.saved, gone);
}

// Takes the messages from the old uidnext on into the view.  Those that came
// and went since are in `changed` no more.
std::size_t add_arrived(Selected& box, const store::Changes& changes,
                        Uid recent_from) {
  std::size_t arrived = 0;
  for (const store::Entry& entry : changes.changed) {
    if (entry.uid < box.uidnext) continue;
    if (box.list) box.list->append(entry.uid);
    if (entry.uid >= recent_from) append(box.recent, entry.uid);
    ++arrived;
  }
  box.messages += static_cast<std::uint32_t>(arrived);
  return arrived;
}

bool is_own(const Selected& box, const store::Entry& entry) {
  return std::ranges::find(box.own, entry.modseq) != box.own.end();
}

// Of what went, the part the client has seen.
UidSet expunged_in_view(Work& work, const store::Changes& changes) {
  if (changes.expunged.empty()) return {};
  return uid_list(work).present(changes.expunged);
}

void move_mark(Work& work, const store::Changes& changes,
               const UidSet& expunged, const store::Mailbox& row) {
  Selected& box = work.selected();
  const Uid known = box.uidnext;
  const Uid recent_from = claim_recent(work, row, box.access);
  if (!expunged.empty()) send_expunged(work, expunged);
  const bool flags_changed =
      std::ranges::any_of(changes.changed, [&](const store::Entry& entry) {
        return entry.uid < known && !is_own(box, entry);
      });
  // Numbers are needed, and can be told at the old mark only.
  if (flags_changed) uid_list(work);
  if (add_arrived(box, changes, recent_from) > 0) send_exists(work);
  box.mark = changes.mark;
  box.uidnext = changes.uidnext;
  for (const store::Entry& entry : changes.changed) {
    if (entry.uid >= known || is_own(box, entry)) continue;
    send_flags(work, entry);
    work.breathe();
  }
  box.own.clear();
}

}  // namespace

void send_updates(Work& work, Updates which) {
  if (!work.user.selected || which == Updates::None) return;
  Selected& box = work.selected();
  box.behind = false;
  const auto row = work.account().mailbox(box.id);
  if (row && row->uidvalidity == box.uidvalidity &&
      row->highestmodseq <= box.mark) {
    return;
  }
  // What was expunged a day ago and not told yet is a hole in the view.
  const auto changes = row && row->view_floor > box.mark
                           ? std::nullopt
                           : work.account().changes(box.id, box.mark);
  if (!row || !changes || changes->uidvalidity != box.uidvalidity) {
    work.user.bye = "the mailbox is gone or changed too much";
    return;
  }
  const UidSet expunged = expunged_in_view(work, *changes);
  box.behind = !expunged.empty() && which != Updates::All;
  if (box.behind) return;
  move_mark(work, *changes, expunged, *row);
}

void know_own_change(Work& work, store::Modseq modseq) {
  Selected& box = work.selected();
  if (std::ranges::find(box.own, modseq) == box.own.end()) {
    box.own.push_back(modseq);
  }
}

void add_flags_item(Work& work, const store::Entry& entry) {
  work.out.add("FLAGS (");
  add_flags(work.out, entry.flags);
  bool first = entry.flags == 0;
  const auto add = [&](std::string_view name) {
    if (!first) work.out.add(' ');
    work.out.add(name);
    first = false;
  };
  if (contains(work.selected().recent, entry.uid)) add("\\Recent");
  if (entry.keywords != 0) {
    for (const auto& name : work.account().keywords(entry.keywords)) add(name);
  }
  work.out.add(')');
}

void send_flags(Work& work, const store::Entry& entry) {
  tell_keywords(work, entry.keywords);
  work.out.add("* ").number(uid_list(work).number(entry.uid)).add(" FETCH (");
  // RFC 7162 3.2.4: with modseqs comes the UID.
  if (work.numbers == Numbers::Uids || work.user.condstore) {
    work.out.add("UID ").number(entry.uid).add(' ');
  }
  add_flags_item(work, entry);
  if (work.user.condstore) {
    work.out.add(" MODSEQ (").number(entry.modseq).add(')');
  }
  work.out.add(')').end_line();
}

Uid claim_recent(Work& work, const store::Mailbox& row,
                 Selected::Access access) {
  if (access == Selected::Access::ReadOnly || row.recent_from >= row.uidnext) {
    return row.recent_from;
  }
  return work.account().take_recent(row.id, row.uidnext);
}

}  // namespace mail::imap
