// outrun: what clients know of an account is made void, when its mail.db is
// older than that.
//
// An older mail.db that was put back knows less than clients were told: UIDs
// and modseqs would come a second time, for other messages.  So every mailbox
// gets a new UIDVALIDITY (RFC 3501 2.3.1.1), the modseqs go on from there, and
// ids (RFC 8474) far behind those that may have been given.
#pragma once

#include "store/core.h"

namespace mail::store {

// `told`: what the modseq file said, read before mail.db was.  False when
// mail.db is as new.
bool outrun(Core& core, Modseq told);

}  // namespace mail::store
