// Search by the index of words: which messages a key can mean.
//
// The index (search.db) is brought up to date first.  It names the messages
// that contain a text for sure, and those that may; so each key for a text
// becomes
//
//   (OR <UIDs that do> (<UIDs that may> <the key itself>))
//
// which means the same in any place, also below a NOT, and is looked at one
// by one only where the index is not sure.
#pragma once

#include "imap/search_key.h"
#include "imap/work.h"

namespace mail::imap {

// Rewrites the key, whose sets are settled; of `among`, gives those that can
// match it.  Does nothing where looking at the messages is cheaper.
UidSet consult_index(Work& work, SearchKey& key, UidSet among);

}  // namespace mail::imap
