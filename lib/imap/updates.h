// Updates: what others did to the selected mailbox, told to the client.
//
// EXPUNGE, EXISTS, RECENT and FETCH (RFC 3501 sections 5.2, 5.5 and 7.4.1).
// While messages are named by sequence numbers nothing may be expunged: then
// updates wait until a command lets all of them through.
#pragma once

#include "imap/selected.h"

namespace mail::imap {

class Work;

enum class Updates { None, NoExpunge, All };

void send_updates(Work& work, Updates which);

// Which annotations others have changed, to a session that wants to know
// (RFC 5464 4.4).
void send_annotated(Work& work);

// Remembers the modseq of a change of ours whose outcome the client knows, so
// that it is not told again.
void know_own_change(Work& work, store::Modseq modseq);

// "* 12 FETCH (FLAGS (\Seen))", with MODSEQ and UID when CONDSTORE is on.
void send_flags(Work& work, const store::Entry& entry);
// "FLAGS (...)" alone.
void add_flags_item(Work& work, const store::Entry& entry);

// The first UID that is \Recent for this session, which is told of all below
// `uidnext` now: no session that comes later has them (RFC 3501 2.3.2).  Who
// may not write leaves them to others.
Uid claim_recent(Work& work, const store::Mailbox& row,
                 Selected::Access access);

}  // namespace mail::imap
