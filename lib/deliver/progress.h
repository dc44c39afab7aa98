// Progress: what an attempt makes of a message's targets.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "deliver/ledger.h"
#include "deliver/message.h"
#include "deliver/parting.h"
#include "deliver/sites.h"

namespace mail::deliver {

// It is tried again, or its time is over.  `retry`: from the first attempt to
// the second.
void postpone(Target& target, const Message& message, Micros retry,
              const Reason& reason);

// What a server said of it.
void heed(Target& target, const Parting& parting, const Verdict& verdict,
          Micros retry);

// RFC 3463 3.4: not accepting messages.
inline constexpr std::string_view kSuspended = "4.3.2";

// It was not tried: its attempts do not count up.
void wait(Target& target, const Parting& parting);

// What is for a domain of ours that is suspended waits.
void wait_for_domains(Message& message, const Sites& sites);

// Some of the message has arrived and some is still on its way: that is
// written, so that nobody gets it twice.
void record(const Parting& parting, Ledger& ledger);

}  // namespace mail::deliver
