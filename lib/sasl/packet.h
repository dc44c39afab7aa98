// Packet: one message between authd and those who ask it.
//
// On the wire (SOCK_SEQPACKET, one packet a message): a byte of kind, the
// number of the question as 8 bytes, the count of fields as 2, and each field
// with its length as 2 bytes in front; numbers with the high byte first.
// What is longer than kMaxPacket or does not fit exactly is no packet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sasl/authority.h"

namespace mail::sasl {

inline constexpr std::size_t kMaxPacket = 32 << 10;

enum class Kind : std::uint8_t {
  Start = 1,    // fields of an Attempt; answered by Answer
  Step = 2,     // exchange, response; answered by Answer
  Cancel = 3,   // exchange; not answered
  Answer = 4,   // fields of an Answer
  Control = 5,  // words; answered by Done, Refused or Failed
  Done = 6,     // words
  Refused = 7,  // why
  Failed = 8,   // why: a fault; another time it may go
};

struct Packet {
  Kind kind = Kind::Answer;
  std::uint64_t number = 0;
  std::vector<std::string> fields;
};

// Nothing when it would be too long.
std::optional<std::string> encode(const Packet& packet);
std::optional<Packet> decode(std::string_view bytes);

std::vector<std::string> fields_of(const Attempt& attempt);
std::optional<Attempt> attempt_from(const std::vector<std::string>& fields);
std::vector<std::string> fields_of(const Answer& answer);
std::optional<Answer> answer_from(const std::vector<std::string>& fields);

}  // namespace mail::sasl
