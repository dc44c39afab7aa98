#include "imap/selected.h"

#include <algorithm>

#include "base/fault.h"
#include "imap/work.h"

namespace mail::imap {
namespace {

constexpr std::size_t kRunsKept = 32;  // while the session waits
constexpr std::uint32_t kPiece = 512;  // entries read at a time

}  // namespace

void Selected::shrink() {
  if (list && list->runs() > kRunsKept) list.reset();
  own.shrink_to_fit();
}

const UidList& uid_list(Work& work) {
  Selected& box = work.selected();
  if (box.list) return *box.list;
  UidList list(work.account().uids_at(box.id, box.mark, box.uidnext));
  if (list.size() != box.messages) {
    work.user.bye = "the mailbox changed too much, select it again";
    throw Fault("the view of a mailbox cannot be told any more");
  }
  box.list = std::move(list);
  return *box.list;
}

Result<UidSet> chosen(Work& work, const SequenceSet& set) {
  const UidList& list = uid_list(work);
  if (set.saved) return list.present(work.selected().saved);
  if (work.numbers == Numbers::Uids) {
    return list.present(set.resolve(list.last()));
  }
  if (set.largest() > list.size()) {
    return refuse("no message has the number " + std::to_string(set.largest()));
  }
  if (list.size() == 0) return UidSet{};
  return list.uids(intersection(set.resolve(list.size()), {{1, list.size()}}));
}

// The front of what is wanted, spanning at most kPiece messages of the view:
// gaps are read too, but most of what is read is wanted.
UidSet EntryPieces::next_piece(const UidList& list) {
  UidSet piece;
  const std::uint32_t first = list.number(wanted_[at_].first);
  for (; at_ < wanted_.size(); ++at_) {
    UidRange& range = wanted_[at_];
    if (list.number(range.first) - first >= kPiece) break;
    const std::uint32_t end =
        std::min(list.number(range.last), first + kPiece - 1);
    piece.push_back({range.first, list.uid(end)});
    if (piece.back().last == range.last) continue;
    range.first = list.uid(end + 1);
    break;
  }
  return piece;
}

bool EntryPieces::next(Work& work) {
  entries_.clear();
  const UidList& list = uid_list(work);
  while (entries_.empty() && at_ < wanted_.size()) {
    const UidSet piece = next_piece(list);
    std::size_t cursor = 0;
    const auto take = [&](const store::Entry& entry) {
      while (cursor < piece.size() && piece[cursor].last < entry.uid) {
        ++cursor;
      }
      if (cursor < piece.size() && entry.uid >= piece[cursor].first) {
        entries_.push_back(entry);
      }
    };
    const Selected& box = work.selected();
    const store::UidRange range{piece.front().first, piece.back().last};
    if (detail_ == Detail::Flags) {
      work.account().each_flags_at(box.id, box.mark, range, take);
    } else {
      work.account().each_entry_at(box.id, box.mark, range, take);
    }
  }
  return !entries_.empty();
}

}  // namespace mail::imap
