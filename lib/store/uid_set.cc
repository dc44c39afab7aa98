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

std::int64_t count(const UidSet& set) {
  std::int64_t sum = 0;
  for (const UidRange& range : set) {
    sum += std::int64_t{range.last} - range.first + 1;
  }
  return sum;
}

}  // namespace mail::store
