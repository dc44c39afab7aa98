#include "relay/deadlines.h"

#include <algorithm>

namespace mail::relay {

Deadlines Deadlines::for_command(Patience command) {
  Deadlines all;
  const Patience usual = all.command;
  for (Patience* one : {&all.data, &all.block, &all.end, &all.command}) {
    *one = std::max(Patience(1), Patience(one->count() * command.count() /
                                          usual.count()));
  }
  all.connect = std::min(all.connect, all.command);
  all.handshake = std::min(all.handshake, all.command);
  all.quit = std::min(all.quit, all.command);
  return all;
}

Patience Deadlines::message(std::int64_t octets) const {
  constexpr std::int64_t kPiece = 64 << 10;
  return 20 * block + octets / kPiece * block / 40;
}

}  // namespace mail::relay
