// AuthdClient: the Authority of smtpd and imapd, over authd's local socket.
//
//   sasl::AuthdClient authority(settings.authd_socket(), sasl::Sha1::No);
//
// Connects with the first question, and anew when authd was restarted.  Any
// number of threads may ask at the same time over the one connection, which
// an exchange is bound to.  Used by one process only: made after the fork.
// No answer in 10 s, or no authd: Unavailable, which is logged.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sasl/authority.h"

namespace mail::sasl {

class Link;
struct Packet;

// Whether SCRAM-SHA-1 is offered beside SCRAM-SHA-256.
enum class Sha1 { No, Yes };

class AuthdClient : public Authority {
 public:
  AuthdClient(const std::string& socket, Sha1 sha1,
              std::chrono::milliseconds deadline = std::chrono::seconds(10));
  ~AuthdClient() override;

  std::vector<std::string> mechanisms(bool secure, bool plus) const override;
  Answer start(const Attempt& attempt) override;
  Answer step(const std::string& exchange,
              std::string_view response) override;
  void cancel(const std::string& exchange) override;

 private:
  Answer ask(const Packet& packet, std::optional<std::uint64_t> connection);

  std::unique_ptr<Link> link_;
  Sha1 sha1_;
  std::chrono::milliseconds deadline_;
};

}  // namespace mail::sasl
