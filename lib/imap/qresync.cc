#include "imap/qresync.h"

#include <algorithm>

#include "imap/updates.h"

namespace mail::imap {
namespace {

// A set of RFC 7162 section 7: no '*' and no '$'.
SequenceSet plain_set(Reader& args) {
  SequenceSet set = args.sequence_set();
  const bool plain =
      !set.saved && std::ranges::none_of(set.ranges, [](const UidRange& r) {
        return r.first == kStar || r.last == kStar;
      });
  if (!plain) args.fail("expected a set of numbers");
  return set;
}

UidSet ascending_set(Reader& args) {
  const SequenceSet set = plain_set(args);
  Uid last = 0;
  for (const UidRange& r : set.ranges) {
    if (r.first <= last || r.last < r.first) {
      args.fail("expected a set in ascending order");
      return {};
    }
    last = r.last;
  }
  return set.resolve(0);
}

void read_match(Reader& args, Known& known) {
  args.expect('(');
  known.numbers = ascending_set(args);
  args.space();
  known.number_uids = ascending_set(args);
  args.expect(')');
  if (count(known.numbers) != count(known.number_uids)) {
    args.fail("expected as many UIDs as numbers");
  }
}

// From numbers that follow each other and UIDs that do: the last that
// matches.  The distance between the two only grows along the mailbox.
Uid last_match_of_run(const UidList& list, Uid number, Uid uid,
                      std::uint32_t length) {
  if (number > list.size()) return 0;
  length = std::min(length, list.size() - number + 1);
  std::uint32_t low = 0;
  std::uint32_t high = length;  // from here on UIDs are too far
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (list.uid(number + middle) <= uid + middle) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0) return 0;
  const std::uint32_t last = low - 1;
  return list.uid(number + last) == uid + last ? uid + last : 0;
}

void send_changed(Work& work, const UidSet& among, store::Modseq since) {
  const Selected& box = work.selected();
  for (const auto& entry : work.account().changed_since(box.id, since)) {
    if (entry.uid >= box.uidnext || !contains(among, entry.uid)) continue;
    send_flags(work, entry);
    work.breathe();
  }
}

}  // namespace

Known read_known(Reader& args) {
  Known known;
  args.expect('(');
  known.uidvalidity = args.nz_number();
  args.space();
  // Some clients send 0, which is no valid value: everything is newer.
  known.modseq = args.modseq();
  if (args.take(' ')) {
    if (args.next() != '(') {
      known.uids = plain_set(args);
      if (args.take(' ')) read_match(args, known);
    } else {
      read_match(args, known);
    }
  }
  args.expect(')');
  return known;
}

Uid last_match(const UidList& list, const UidSet& numbers, const UidSet& uids) {
  Uid found = 0;
  auto a = numbers.begin();
  auto b = uids.begin();
  std::uint32_t done_a = 0;
  std::uint32_t done_b = 0;
  while (a != numbers.end() && b != uids.end()) {
    const Uid number = a->first + done_a;
    const Uid uid = b->first + done_b;
    const std::uint32_t length = std::min(a->last - number, b->last - uid) + 1;
    if (number > list.size()) break;
    found = std::max(found, last_match_of_run(list, number, uid, length));
    done_a += length;
    done_b += length;
    if (number + (length - 1) == a->last) {
      ++a;
      done_a = 0;
    }
    if (uid + (length - 1) == b->last) {
      ++b;
      done_b = 0;
    }
  }
  return found;
}

UidSet vanished_among(Work& work, const UidSet& among, store::Modseq since) {
  const Selected& box = work.selected();
  if (box.uidnext == 1) return {};
  auto gone = work.account().vanished_since(box.id, since);
  if (!gone) gone = UidSet{{1, box.uidnext - 1}};
  if (gone->empty()) return {};
  const UidSet below = {{1, box.uidnext - 1}};
  return difference(intersection(intersection(*gone, among), below),
                    uid_list(work).all());
}

void send_vanished_earlier(Work& work, const UidSet& gone) {
  if (gone.empty()) return;
  work.out.add("* VANISHED (EARLIER) ").add(to_text(gone)).end_line();
}

void send_changes_since(Work& work, const Known& known) {
  const Selected& box = work.selected();
  if (known.uidvalidity != box.uidvalidity || box.uidnext == 1) return;
  if (known.modseq >= box.mark) return;
  const UidSet all = {{1, box.uidnext - 1}};
  const UidSet among = known.uids ? known.uids->resolve(0) : all;
  UidSet gone = vanished_among(work, among, known.modseq);
  // Of most use when the store has forgotten what went: then the client need
  // not be told of everything.
  if (!known.numbers.empty() && !gone.empty()) {
    const Uid sure =
        last_match(uid_list(work), known.numbers, known.number_uids);
    if (sure > 0) gone = difference(gone, {{1, sure}});
  }
  send_vanished_earlier(work, gone);
  send_changed(work, among, known.modseq);
}

}  // namespace mail::imap
