// STATUS (RFC 3501 section 6.3.10; HIGHESTMODSEQ: RFC 7162 3.1.7).

#include <algorithm>

#include "base/ascii.h"
#include "imap/commands.h"

namespace mail::imap {
namespace {

using Value = std::int64_t (*)(Work&, const store::Mailbox&);

struct Item {
  std::string_view name;
  Value value;
};

std::int64_t recent(Work& work, const store::Mailbox& row) {
  std::int64_t count = 0;
  if (row.recent_from >= row.uidnext) return 0;
  work.account().each_entry(row.id, {row.recent_from, row.uidnext - 1},
                            [&](const store::Entry&) { ++count; });
  return count;
}

std::int64_t highestmodseq(Work& work, const store::Mailbox& row) {
  work.user.condstore = true;  // RFC 7162 3.1: asking for it enables it
  return row.highestmodseq;
}

constexpr Item kItems[] = {
    {"MESSAGES", [](Work&, const store::Mailbox& m) { return m.messages; }},
    {"RECENT", recent},
    {"UIDNEXT",
     [](Work&, const store::Mailbox& m) { return std::int64_t{m.uidnext}; }},
    {"UIDVALIDITY",
     [](Work&, const store::Mailbox& m) {
       return std::int64_t{m.uidvalidity};
     }},
    {"UNSEEN", [](Work&, const store::Mailbox& m) { return m.unseen; }},
    {"HIGHESTMODSEQ", highestmodseq},
};

std::vector<const Item*> read_items(Reader& args) {
  std::vector<const Item*> items;
  args.expect('(');
  do {
    const std::string_view name = args.atom();
    const auto* item = std::ranges::find_if(
        kItems, [&](const Item& i) { return same_text(i.name, name); });
    if (item == std::end(kItems)) {
      args.fail("unknown STATUS item");
    } else if (std::ranges::find(items, item) == items.end()) {
      items.push_back(item);
    }
  } while (args.take(' '));
  args.expect(')');
  return items;
}

}  // namespace

Reply status(Work& work, Reader& args) {
  args.space();
  const std::string name = args.mailbox();
  args.space();
  const auto items = read_items(args);
  if (!args.finish()) return bad(args.why());
  const auto row = work.account().mailbox(name);
  if (!row) return no("[NONEXISTENT] no such mailbox");
  work.out.add("* STATUS ").mailbox(name).add(" (");
  for (const Item* item : items) {
    if (item != items.front()) work.out.add(' ');
    work.out.add(item->name).add(' ').number(item->value(work, *row));
  }
  work.out.add(')').end_line();
  return ok("done");
}

}  // namespace mail::imap
