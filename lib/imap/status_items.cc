#include "imap/status_items.h"

#include <algorithm>

#include "base/ascii.h"
#include "store/object_id.h"

namespace mail::imap {

struct StatusItems::Item {
  std::string_view name;
  void (*send)(Work&, const store::Mailbox&);
};

namespace {

// Of a mailbox nobody has selected since all came in, all are recent.
void send_recent(Work& work, const store::Mailbox& row) {
  if (row.recent_from >= row.uidnext) {
    work.out.number(0);
  } else if (row.recent_from <= 1) {
    work.out.number(row.messages);
  } else {
    work.out.number(work.account().count_from(row.id, row.recent_from));
  }
}

void send_highestmodseq(Work& work, const store::Mailbox& row) {
  work.user.condstore = true;  // RFC 7162 3.1: asking for it enables it
  work.out.number(row.highestmodseq);
}

// RFC 9208 4.1.4: the sum of the sizes of what is \Deleted.
void send_deleted_storage(Work& work, const store::Mailbox& row) {
  const bool any = row.deleted > 0;
  work.out.number(any ? work.account().deleted_bytes(row.id) : 0);
}

void send_mailbox_id(Work& work, const store::Mailbox& row) {
  work.out.add('(')
      .add(store::object_id(store::IdKind::Mailbox, row.id))
      .add(')');
}

constexpr StatusItems::Item kItems[] = {
    {"APPENDLIMIT",  // RFC 7889 3.1
     [](Work& w, const store::Mailbox&) {
       w.out.number(w.shared.message_size);
     }},
    {"DELETED",
     [](Work& w, const store::Mailbox& m) { w.out.number(m.deleted); }},
    {"DELETED-STORAGE", send_deleted_storage},
    {"HIGHESTMODSEQ", send_highestmodseq},  // RFC 7162 3.1.7
    {"MAILBOXID", send_mailbox_id},         // RFC 8474 4.3
    {"MESSAGES",
     [](Work& w, const store::Mailbox& m) { w.out.number(m.messages); }},
    {"RECENT", send_recent},
    {"SIZE",  // RFC 8438
     [](Work& w, const store::Mailbox& m) { w.out.number(m.bytes); }},
    {"UIDNEXT",
     [](Work& w, const store::Mailbox& m) { w.out.number(m.uidnext); }},
    {"UIDVALIDITY",
     [](Work& w, const store::Mailbox& m) { w.out.number(m.uidvalidity); }},
    {"UNSEEN",
     [](Work& w, const store::Mailbox& m) { w.out.number(m.unseen); }},
};

}  // namespace

StatusItems StatusItems::read(Reader& args) {
  StatusItems out;
  args.expect('(');
  do {
    const std::string_view name = args.atom();
    const auto* item = std::ranges::find_if(
        kItems, [&](const Item& i) { return same_text(i.name, name); });
    if (item == std::end(kItems)) {
      args.fail("unknown STATUS item");
    } else if (std::ranges::find(out.items_, item) == out.items_.end()) {
      out.items_.push_back(item);
    }
  } while (args.take(' '));
  args.expect(')');
  return out;
}

void StatusItems::send(Work& work, const store::Mailbox& row) const {
  work.out.add("* STATUS ").mailbox(row.name).add(" (");
  for (const Item* item : items_) {
    if (item != items_.front()) work.out.add(' ');
    work.out.add(item->name).add(' ');
    item->send(work, row);
  }
  work.out.add(')').end_line();
}

}  // namespace mail::imap
