// AuthExchange: the AUTH command and the lines that follow it, RFC 4954.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "sasl/authority.h"
#include "smtp/reply.h"

namespace mail::smtp {

class AuthExchange {
 public:
  // `authority` outlives the exchange.
  explicit AuthExchange(sasl::Authority& authority) : authority_(authority) {}
  ~AuthExchange() { cancel(); }
  AuthExchange(const AuthExchange&) = delete;
  AuthExchange& operator=(const AuthExchange&) = delete;

  struct Outcome {
    Reply reply;                        // 334: the client's turn
    std::chrono::milliseconds delay{};  // before the reply is given
    std::uint64_t account = 0;          // who is in, with 235
    std::string address;
  };

  // "PLAIN AGFubgBzZWNyZXQ="; `attempt` says the rest.
  Outcome start(std::string_view arguments, sasl::Attempt attempt);

  // The client's answer to a 334.
  Outcome respond(std::string_view line);

  // Whether respond() comes next.
  bool going_on() const { return going_on_; }

 private:
  Outcome follow(const sasl::Answer& answer);
  Outcome fail(const Reply& reply);
  void cancel();

  sasl::Authority& authority_;
  std::string exchange_;  // what the authority calls it; empty: nothing open
  bool going_on_ = false;
  // Let in, but the client must first take the mechanism's last words.
  bool finishing_ = false;
  std::uint64_t account_ = 0;
  std::string address_;
};

}  // namespace mail::smtp
