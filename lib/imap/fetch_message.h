// FetchMessage: the FETCH response of one message.
#pragma once

#include "imap/fetch_items.h"
#include "imap/work.h"

namespace mail::imap {

// What a FETCH shows of each message.
struct Shown {
  Shown() = default;
  explicit Shown(FetchItems wanted);

  FetchItems items;
  store::CachedFields cached = 0;  // what they need of the cache
  UidSet marked;  // of the piece in hand: became \Seen by this command
};

// What is not sent leaves nothing behind.
enum class Fetched {
  Sent,
  Gone,        // its bytes are; what can be told without them is told
  UnknownCte,  // a part cannot be decoded (RFC 3516 4.3)
};
Fetched send_message(Work& work, const store::Entry& entry,
                     const Shown& wanted);

}  // namespace mail::imap
