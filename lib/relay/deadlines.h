// How long a server may take (RFC 5321 4.5.3.2).
#pragma once

#include "relay/wire.h"

namespace mail::relay {

struct Deadlines {
  Patience connect{30'000};
  Patience handshake{60'000};
  Patience command{300'000};      // greeting, EHLO, MAIL, RCPT: 5 minutes
  Patience data{120'000};         // DATA: 2 minutes
  Patience block{180'000};        // each piece of the message: 3 minutes
  Patience end{600'000};          // after the last of it: 10 minutes
  Patience quit{2'000};           // nobody waits for us any more

  // All recipients' answers: an hour.
  Patience recipients() const { return 12 * command; }
  // All of a message: an hour, and what 14 kB a second take.
  Patience message(std::int64_t octets) const;

  // All of them in proportion, for a command's deadline of `command`.
  static Deadlines for_command(Patience command);
};

}  // namespace mail::relay
