#include "imap/sequence_set.h"

#include <algorithm>
#include <charconv>

#include "base/ascii.h"

namespace mail::imap {
namespace {

// nz-number, which begins with no zero, or '*', at the front of `text`, which
// is cut.
bool take(std::string_view& text, Uid& value) {
  if (text.starts_with('*')) {
    text.remove_prefix(1);
    value = kStar;
    return true;
  }
  if (text.empty() || !is_digit(text[0]) || text[0] == '0') return false;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

Uid SequenceSet::largest() const {
  Uid out = 0;
  for (const UidRange& r : ranges) {
    if (r.first != kStar && r.last != kStar) {
      out = std::max({out, r.first, r.last});
    }
  }
  return out;
}

UidSet SequenceSet::resolve(Uid star) const {
  std::vector<UidRange> out;
  out.reserve(ranges.size());
  for (UidRange r : ranges) {
    if (r.first == kStar) r.first = star;
    if (r.last == kStar) r.last = star;
    if (r.first > r.last) std::swap(r.first, r.last);
    if (r.first != 0) out.push_back(r);
  }
  return normal(std::move(out));
}

Result<SequenceSet> parse_sequence_set(std::string_view text) {
  SequenceSet set;
  do {
    if (!set.ranges.empty()) text.remove_prefix(1);
    UidRange range;
    if (!take(text, range.first)) return refuse("bad sequence set");
    range.last = range.first;
    if (text.starts_with(':')) {
      text.remove_prefix(1);
      if (!take(text, range.last)) return refuse("bad sequence set");
    }
    set.ranges.push_back(range);
  } while (text.starts_with(','));
  if (!text.empty()) return refuse("bad sequence set");
  return set;
}

UidSet normal(std::vector<UidRange> ranges) {
  std::ranges::sort(ranges, {}, &UidRange::first);
  UidSet out;
  for (const UidRange& r : ranges) {
    if (!out.empty() &&
        (out.back().last == UINT32_MAX || r.first <= out.back().last + 1)) {
      out.back().last = std::max(out.back().last, r.last);
    } else {
      out.push_back(r);
    }
  }
  return out;
}

std::string to_text(const UidSet& set) {
  std::string out;
  for (const UidRange& r : set) {
    if (!out.empty()) out += ',';
    out += std::to_string(r.first);
    if (r.last != r.first) out += ':' + std::to_string(r.last);
  }
  return out;
}

void append(UidSet& set, Uid uid) {
  if (!set.empty() && set.back().last + 1 == uid) {
    set.back().last = uid;
  } else {
    set.push_back({uid, uid});
  }
}

UidSet intersection(const UidSet& a, const UidSet& b) {
  UidSet out;
  auto x = a.begin(), y = b.begin();
  while (x != a.end() && y != b.end()) {
    const Uid first = std::max(x->first, y->first);
    const Uid last = std::min(x->last, y->last);
    if (first <= last) out.push_back({first, last});
    (x->last < y->last) ? ++x : ++y;
  }
  return out;
}

}  // namespace mail::imap
