// Qresync: what a client knew of a mailbox when it was here last, and what it
// is told instead of everything (RFC 7162 section 3.2).
#pragma once

#include <optional>

#include "imap/reader.h"
#include "imap/work.h"

namespace mail::imap {

// QRESYNC (67890007 90060115194045000 41:211,214:541 (1,5 3,8))
struct Known {
  std::uint32_t uidvalidity = 0;
  store::Modseq modseq = 0;
  std::optional<SequenceSet> uids;  // none: all
  // Message numbers and the UIDs they had, as many.
  UidSet numbers;
  UidSet number_uids;
};

// What stands in the parentheses behind QRESYNC, and these.
Known read_known(Reader& args);

// Behind the answer to SELECT: VANISHED (EARLIER) and FETCH for what has
// changed.
void send_changes_since(Work& work, const Known& known);

// Of `among`: what went after `since` and is not in the view.  When that is
// too long ago to tell, all that is not there (3.2.6).
UidSet vanished_among(Work& work, const UidSet& among, store::Modseq since);

void send_vanished_earlier(Work& work, const UidSet& gone);

// The last UID up to which numbers and UIDs still match: the client knows
// what went below it (3.2.5.2); 0 when none does.
Uid last_match(const UidList& list, const UidSet& numbers, const UidSet& uids);

}  // namespace mail::imap
