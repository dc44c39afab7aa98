#include "store/uid_set.h"

#include <algorithm>

namespace mail::store {

void add_uid(UidSet& set, Uid uid) {
  if (!set.empty() && set.back().last + 1 == uid) {
    set.back().last = uid;
    return;
  }
  set.push_back({uid, uid});
}

UidSet normalize(std::vector<UidRange> ranges) {
  std::erase_if(ranges, [](const UidRange& r) { return r.first > r.last; });
  std::sort(ranges.begin(), ranges.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  UidSet set;
  for (const UidRange& range : ranges) {
    if (!set.empty() && range.first <= std::uint64_t{set.back().last} + 1) {
      set.back().last = std::max(set.back().last, range.last);
    } else {
      set.push_back(range);
    }
  }
  return set;
}

bool contains(const UidSet& set, Uid uid) {
  const auto after = std::upper_bound(
      set.begin(), set.end(), uid,
      [](Uid value, const auto& r) { return value < r.first; });
  return after != set.begin() && uid <= std::prev(after)->last;
}

UidSet difference(const UidSet& a, const UidSet& b) {
  UidSet out;
  auto y = b.begin();
  for (UidRange rest : a) {
    while (y != b.end() && y->last < rest.first) ++y;
    auto cut = y;
    bool left = true;
    for (; cut != b.end() && cut->first <= rest.last; ++cut) {
      if (cut->first > rest.first) out.push_back({rest.first, cut->first - 1});
      left = cut->last < rest.last;
      if (!left) break;
      rest.first = cut->last + 1;
    }
    if (left) out.push_back(rest);
  }
  return out;
}

std::int64_t count(const UidSet& set) {
  std::int64_t sum = 0;
  for (const UidRange& range : set) {
    sum += std::int64_t{range.last} - range.first + 1;
  }
  return sum;
}

}  // namespace mail::store
