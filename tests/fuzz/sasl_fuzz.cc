// What authd reads: packets from its sockets, and in them what a peer says to
// each mechanism.  First byte: which; the rest: messages, one a line.
#include <cstdint>
#include <string_view>

#include "base/ascii.h"
#include "base/fault.h"
#include "base/saslprep.h"
#include "sasl/exchange.h"
#include "sasl/packet.h"

namespace {

using namespace mail;

constexpr std::string_view kMechanisms[] = {
    "PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS"};

void read_packet(std::string_view bytes) {
  const auto packet = sasl::decode(bytes);
  if (!packet) return;
  require(sasl::encode(*packet) == bytes, "a packet is written as read");
  (void)sasl::attempt_from(packet->fields);
  (void)sasl::answer_from(packet->fields);
}

// Keys that no password leads to: Proven would be a way around them.
sasl::ScramVerifier nobody() {
  return {"salt", 4096, {{std::string(32, '\1'), std::string(32, '\2')}}};
}

void talk(std::string_view mechanism, std::string_view lines) {
  sasl::Attempt attempt;
  attempt.mechanism = mechanism;
  attempt.secure = true;
  attempt.tls_exporter = mechanism.ends_with("-PLUS") ? "exporter" : "";
  auto exchange = sasl::Exchange::open(attempt, sasl::Sha1::Yes);
  if (!exchange) return;
  auto move = exchange->start(std::nullopt);
  for (const auto line : split(lines, '\n')) {
    if (std::holds_alternative<sasl::FindVerifier>(move)) {
      (void)exchange->challenge(nobody());
    } else if (!std::holds_alternative<sasl::Send>(move)) {
      break;
    }
    move = exchange->step(line);
    require(!std::holds_alternative<sasl::Proven>(move), "nobody got in");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1,
                              size - 1);
  const std::size_t which = data[0] % (std::size(kMechanisms) + 2);
  if (which < std::size(kMechanisms)) {
    talk(kMechanisms[which], text);
  } else if (which == std::size(kMechanisms)) {
    read_packet(text);
  } else {
    (void)saslprep(text);
  }
  return 0;
}
