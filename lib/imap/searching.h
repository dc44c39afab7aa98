// Searching: what SEARCH, SORT and THREAD have in common: finding the
// messages of the view that a search key names.
#pragma once

#include <optional>

#include "imap/search_key.h"
#include "imap/work.h"

namespace mail::imap {

// A charset that is not ours, or text that is not of it; else nothing.
std::optional<Reply> refuse_charset(const Search& search);

struct Found {
  UidSet uids;
  store::Modseq modseq = 0;  // the highest among them, when it was asked for
};

// Sequence numbers in the key hold off EXPUNGE, also in UID commands
// (RFC 7162 3.2.10).
Found find_messages(Work& work, Search search);

// The highest modseq of some messages of the view; 0 for none.
store::Modseq highest_modseq(Work& work, const UidSet& uids);

// UIDs of the view as the command names messages: sequence numbers, unless it
// is a UID command.
UidSet as_named(Work& work, const UidSet& uids);

// One by one.
std::vector<Uid> numbered(const UidSet& set);

}  // namespace mail::imap
