#include "imap/uid_list.h"

#include <algorithm>

#include "base/fault.h"

namespace mail::imap {

UidList::UidList(const UidSet& uids) {
  runs_.reserve(uids.size());
  for (const UidRange& r : uids) runs_.push_back({r.first, r.last, size()});
}

void UidList::append(Uid uid) {
  require(uid > last(), "UIDs come in order");
  if (!runs_.empty() && runs_.back().last + 1 == uid) {
    runs_.back().last = uid;
  } else {
    runs_.push_back({uid, uid, size()});
  }
}

void UidList::remove(const UidSet& uids) {
  *this = UidList(difference(all(), uids));
}

std::uint32_t UidList::size() const {
  if (runs_.empty()) return 0;
  const Run& run = runs_.back();
  return run.before + (run.last - run.first) + 1;
}

const UidList::Run* UidList::run_of(Uid uid) const {
  const auto after = std::ranges::upper_bound(runs_, uid, {}, &Run::first);
  if (after == runs_.begin()) return nullptr;
  const Run& run = *std::prev(after);
  return uid <= run.last ? &run : nullptr;
}

std::uint32_t UidList::number(Uid uid) const {
  const Run* run = run_of(uid);
  return run ? run->before + (uid - run->first) + 1 : 0;
}

Uid UidList::uid(std::uint32_t number) const {
  require(number >= 1 && number <= size(), "a message of the view");
  const auto after =
      std::ranges::upper_bound(runs_, number - 1, {}, &Run::before);
  const Run& run = *std::prev(after);
  return run.first + (number - 1 - run.before);
}

UidSet UidList::uids(const UidSet& numbers) const {
  UidSet out;
  for (const UidRange& wanted : numbers) {
    auto run = std::prev(
        std::ranges::upper_bound(runs_, wanted.first - 1, {}, &Run::before));
    for (; run != runs_.end() && run->before < wanted.last; ++run) {
      const std::uint32_t from = std::max(wanted.first - 1, run->before);
      const Uid first = run->first + (from - run->before);
      const Uid last =
          std::min(run->last, run->first + (wanted.last - 1 - run->before));
      if (!out.empty() && out.back().last + 1 == first) {
        out.back().last = last;
      } else {
        out.push_back({first, last});
      }
    }
  }
  return out;
}

UidSet UidList::present(const UidSet& uids) const {
  return intersection(all(), uids);
}

UidSet UidList::all() const {
  UidSet out;
  out.reserve(runs_.size());
  for (const Run& run : runs_) out.push_back({run.first, run.last});
  return out;
}

}  // namespace mail::imap
