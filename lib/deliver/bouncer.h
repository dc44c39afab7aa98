// Bouncer: tells senders what became of their mail, through the spool.
#pragma once

#include <string>
#include <vector>

#include "deliver/bounce.h"
#include "deliver/message.h"
#include "spool/shelves.h"
#include "spool/spool.h"

namespace mail::deliver {

class Bouncer {
 public:
  Bouncer(const std::string& spool, std::string hostname);

  // Reports on the message's Failed targets and makes them Done; nothing is
  // sent to the null sender or to who did not want it.  The id of the report,
  // which is on the disk; empty when there is none.  When the report cannot
  // be kept, throws, and the targets stay Failed.
  std::string give_up(Message& message);

  // Reports once, after 4 hours, that the Deferred targets still wait.
  std::string warn(Message& message, Micros now);

 private:
  std::string report(BounceKind kind, const Message& message,
                     const std::vector<const Target*>& targets);

  spool::Shelves shelves_;
  spool::Writer writer_;
  std::string hostname_;
};

}  // namespace mail::deliver
