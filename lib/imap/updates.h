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

// Makes the messages from uidnext on \Recent for later sessions no more: what
// leaving a mailbox does that was selected for writing.
void settle_recent(Work& work);

}  // namespace mail::imap
