// SELECT and EXAMINE (RFC 3501 sections 6.3.1, 6.3.2; RFC 7162 3.1.2,
// 3.2.5).

#include "imap/commands.h"
#include "imap/known_flags.h"
#include "imap/qresync.h"
#include "store/object_id.h"

namespace mail::imap {
namespace {

constexpr int kMostLooks = 5;

// The mailbox at one moment, and what of it is \Recent for this session.
struct Found {
  std::optional<store::Mailbox> row;
  UidSet recent;
};

// All that is told is of one moment: a message that goes while it is told
// would be counted by EXISTS and shown by nothing.  To claim what is \Recent is
// a change, so the mailbox is looked at again, until nothing has come since.
Found find(Work& work, const std::string& name, Selected::Access access) {
  Found found{work.account().mailbox(name), {}};
  for (int looks = 0; found.row && looks < kMostLooks; ++looks) {
    const Uid end = found.row->uidnext;
    const Uid from = claim_recent(work, *found.row, access);
    if (from < end) found.recent.push_back({from, end - 1});
    work.release();
    found.row = work.account().mailbox(found.row->id);
    if (found.row && found.row->uidnext == end) break;
  }
  found.recent = normal(std::move(found.recent));
  return found;
}

void open_view(Work& work, const store::Mailbox& row, const UidSet& recent,
               Selected::Access access) {
  auto box = std::make_unique<Selected>();
  box->id = row.id;
  box->uidvalidity = row.uidvalidity;
  box->access = access;
  box->mark = row.highestmodseq;
  box->uidnext = row.uidnext;
  box->messages = static_cast<std::uint32_t>(row.messages);
  work.user.selected = std::move(box);
  if (!recent.empty()) {
    work.selected().recent = uid_list(work).present(recent);
  }
}

void send_unseen(Work& work, const store::Mailbox& row) {
  if (row.unseen == 0) return;
  const Selected& box = work.selected();
  const auto uid = work.account().first_unseen(box.id);
  if (!uid || *uid >= box.uidnext) return;
  const std::uint32_t number = uid_list(work).number(*uid);
  if (number == 0) return;
  work.out.add("* OK [UNSEEN ").number(number).add("] first unseen").end_line();
}

void send_code(Work& work, std::string_view code, std::int64_t value) {
  work.out.add("* OK [")
      .add(code)
      .add(' ')
      .number(value)
      .add("] so")
      .end_line();
}

void send_state(Work& work, const store::Mailbox& row) {
  const Selected& box = work.selected();
  send_known_flags(work);
  work.out.add("* ").number(box.messages).add(" EXISTS").end_line();
  work.out.add("* ")
      .number(static_cast<std::int64_t>(count(box.recent)))
      .add(" RECENT")
      .end_line();
  send_unseen(work, row);
  send_code(work, "UIDVALIDITY", box.uidvalidity);
  send_code(work, "UIDNEXT", box.uidnext);
  send_code(work, "HIGHESTMODSEQ", box.mark);
  // RFC 8474 4.2.
  work.out.add("* OK [MAILBOXID (")
      .add(store::object_id(store::IdKind::Mailbox, box.id))
      .add(")] so")
      .end_line();
}

struct Parameters {
  bool condstore = false;
  std::optional<Known> known;
};

// select-param: CONDSTORE, QRESYNC (...).
Parameters read_parameters(Work& work, Reader& args) {
  Parameters out;
  if (!args.take(' ')) return out;
  args.expect('(');
  do {
    if (args.take_word("QRESYNC")) {
      // RFC 7162 3.2.5.
      if (!work.user.qresync) args.fail("ENABLE QRESYNC first");
      args.space();
      out.known = read_known(args);
    } else if (args.take_word("CONDSTORE")) {
      out.condstore = true;
    } else {
      args.fail("unknown SELECT parameter");
    }
  } while (args.take(' '));
  args.expect(')');
  return out;
}

Reply open(Work& work, Reader& args, Selected::Access access) {
  args.space();
  const std::string name = args.mailbox();
  const Parameters parameters = read_parameters(work, args);
  if (!args.finish()) return bad(args.why());
  if (work.user.selected) {
    work.user.selected.reset();
    work.out.untagged("OK [CLOSED] the other mailbox is closed");
  }
  const auto [row, recent] = find(work, name, access);
  if (!row) return no("[NONEXISTENT] no such mailbox");
  work.user.condstore |= parameters.condstore;
  open_view(work, *row, recent, access);
  send_state(work, *row);
  if (parameters.known) send_changes_since(work, *parameters.known);
  return access == Selected::Access::ReadWrite ? ok("[READ-WRITE] selected")
                                               : ok("[READ-ONLY] selected");
}

}  // namespace

Reply select(Work& work, Reader& args) {
  return open(work, args, Selected::Access::ReadWrite);
}

Reply examine(Work& work, Reader& args) {
  return open(work, args, Selected::Access::ReadOnly);
}

}  // namespace mail::imap
