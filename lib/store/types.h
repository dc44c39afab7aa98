// The words of the store: ids, flags, mailboxes, entries.
//
// Ids are integers of one account; outside they carry a letter (M email,
// T thread, F mailbox, then base32) and are never given twice, so the JMAP
// id, EMAILID, THREADID and MAILBOXID of a thing are the same string.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace mail::store {

using MailboxId = std::int64_t;
using EmailId = std::int64_t;
using ThreadId = std::int64_t;
using Uid = std::uint32_t;    // RFC 3501 2.3.1.1
using Modseq = std::int64_t;  // 63 bits, RFC 7162 section 7

// System flags, as bits.  \Deleted belongs to the entry; the others, and the
// keywords, belong to the email and are copied into all its entries.
using Flags = std::uint32_t;
inline constexpr Flags kSeen = 1;
inline constexpr Flags kAnswered = 2;
inline constexpr Flags kFlagged = 4;
inline constexpr Flags kDeleted = 8;
inline constexpr Flags kDraft = 16;

// RFC 6154 and 8457: what a mailbox is for.
enum class Role { None, Inbox, Drafts, Sent, Junk, Trash, Archive };

struct Mailbox {
  MailboxId id = 0;
  std::string name;  // whole path, "/" between levels, UTF-8 in NFC
  Role role = Role::None;
  bool selectable = true;  // false: a name above others, without a mailbox
  std::uint32_t uidvalidity = 0;
  Uid uidnext = 1;
  Uid recent_from = 1;  // UIDs from here on are \Recent for who selects next
  Modseq highestmodseq = 1;
  Modseq vanished_floor = 0;  // expunges after this one can be told
  Modseq view_floor = 0;      // a session at a mark below sees holes: BYE
  std::int64_t messages = 0;
  std::int64_t unseen = 0;
  std::int64_t deleted = 0;
  std::int64_t bytes = 0;
  bool subscribed = false;
  bool has_children = false;
};

// One email's presence in one mailbox.
struct Entry {
  Uid uid = 0;
  EmailId email = 0;
  ThreadId thread = 0;
  Modseq modseq = 0;
  Flags flags = 0;
  std::int64_t keywords = 0;  // a keyword set; names by Account::keywords()
  std::int64_t size = 0;      // octets, prefix included: RFC822.SIZE
  Micros internal_date = 0;
  Micros save_date = 0;
};

// UIDs, both ends included.
struct UidRange {
  Uid first = 1;
  Uid last = 0;
};
using UidSet = std::vector<UidRange>;  // ascending, not touching

}  // namespace mail::store
