// The wire between smtpd's workers and the scheduler: SOCK_SEQPACKET.
//
// Up go the ids of accepted messages, down the accounts that are full and the
// domains that are suspended, and how many octets an account has left when
// that is asked for.  A packet is text, a verb and then a value a line:
//
//   up      accepted\nID\nID\n...
//           look\n17\n             how much is left there?
//   down    forget\n               all that was said before
//           full\n17\n23\n         accounts that take no mail now
//           room\n17\n             they do again
//           left\n17 4096\n        so many octets; only of who has a quota
//           suspended\nexample.org\n
//           resumed\nexample.org\n
//
// Nothing on it may be needed: an id that is lost is found by the next scan
// of spool/in, and delivery looks at the quota itself.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mail::spool {

inline constexpr std::size_t kMaxPacket = 32 << 10;
inline constexpr std::size_t kIdsInPacket = 1000;

std::string accepted_packet(std::span<const std::string> ids);
Result<std::vector<std::string>> parse_accepted(std::string_view packet);

std::string look_packet(std::uint64_t account);
// The account of a look; nothing when the packet is something else.  One each:
// so few are in hand at a time, whoever asks.
std::optional<std::uint64_t> parse_look(std::string_view packet);

// What smtpd must refuse for now.
struct Closures {
  std::set<std::uint64_t> full;                  // accounts
  std::set<std::string, std::less<>> suspended;  // domains, canonical
  // Octets left, as told since this was last emptied.
  std::map<std::uint64_t, std::int64_t> left;

  // Takes in a packet from the scheduler; a Refusal changes nothing.
  Result<bool> apply(std::string_view packet);

 private:
  Result<bool> apply_left(std::span<const std::string_view> lines);
};

// One change: verb is full, room, left, suspended or resumed.
std::string change_packet(std::string_view verb, std::string_view value);

// The whole state, from "forget" on.
std::vector<std::string> closure_packets(const Closures& closures);

}  // namespace mail::spool
