// UID sets: ascending ranges that do not touch.
#pragma once

#include "store/types.h"

namespace mail::store {

// Adds a UID above all that are in the set.
void add_uid(UidSet& set, Uid uid);

// Any ranges in any order, as a set.
UidSet normalize(std::vector<UidRange> ranges);

bool contains(const UidSet& set, Uid uid);

UidSet difference(const UidSet& a, const UidSet& b);

std::int64_t count(const UidSet& set);

}  // namespace mail::store
