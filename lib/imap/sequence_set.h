// Sequence sets: "1:5,*,7" (RFC 3501 section 9), for messages and UIDs.
//
// What a client wrote is a SequenceSet, in which '*' is not known yet; the
// store and the view work with UidSet: ascending, not touching.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/types.h"
#include "store/uid_set.h"

namespace mail::imap {

using store::contains;
using store::count;
using store::difference;
using store::Uid;
using store::UidRange;
using store::UidSet;

inline constexpr Uid kStar = 0;  // '*': zero is no valid number

struct SequenceSet {
  std::vector<UidRange> ranges;  // as written
  bool saved = false;            // "$": what SEARCH has saved (RFC 5182)

  // The largest number written; ranges that end in a '*' do not count: they
  // end at the last message, whatever it is.
  Uid largest() const;

  // With `*` being `star`; nothing remains of a `*` when `star` is 0.
  UidSet resolve(Uid star) const;
};

Result<SequenceSet> parse_sequence_set(std::string_view text);

// Sorts and joins.
UidSet normal(std::vector<UidRange> ranges);

// "1:5,7"; "" for none.
std::string to_text(const UidSet& set);

// Adds one UID that is above all in the set.
void append(UidSet& set, Uid uid);

UidSet intersection(const UidSet& a, const UidSet& b);

}  // namespace mail::imap
