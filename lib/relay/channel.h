// Channel: a Wire over a TCP connection, plain or encrypted.
//
// The socket blocks, but never for longer than a tick of the kernel's timer:
// then the deadline is looked at.  So a reply costs one recv(2), and no server
// holds a thread longer than it may.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "net/tls_client.h"
#include "relay/wire.h"

namespace mail::relay {

// Where we connect from; empty: as the kernel chooses.
struct SourceAddresses {
  std::string ipv4;
  std::string ipv6;
};

struct Endpoint {
  std::string address;       // IPv4 or IPv6
  std::uint16_t port = 25;
  std::string host;          // the name it goes by; "" when it has none
};

inline constexpr std::string_view kTimedOut = "timed out";

class Channel : public Wire {
 public:
  Channel(Endpoint endpoint, net::TlsClient& tls);

  // Connects; how that went.
  enum class Connected { Yes, Refused, Silent, Unreachable };
  Connected connect(const SourceAddresses& from, Patience time);

  void patience(Patience time) override;
  bool send(std::string_view bytes) override;
  bool send_more(std::string_view bytes) override;
  bool send_file(const Fd& file, std::int64_t offset,
                 std::int64_t length) override;
  bool can_send_file() const override { return !tls_; }
  std::size_t receive(std::span<char> space) override;
  bool start_tls(Proof proof) override;
  std::string tls() const override;
  bool proved() const override { return proved_; }
  bool local() const override;
  std::string trouble() const override { return trouble_; }
  bool timed_out() const override { return trouble_ == kTimedOut; }

  const Endpoint& endpoint() const { return endpoint_; }

  // Tells the other side, without waiting, and lets go.
  void close();

 private:
  bool send_some(std::string_view& bytes, int flags);
  std::size_t receive_some(std::span<char> space);
  bool late();
  bool broken(std::string why);
  void set_ticks(Patience time);

  Endpoint endpoint_;
  net::TlsClient& client_;
  Fd socket_;
  std::optional<net::TlsStream> tls_;   // over socket_
  bool proved_ = false;
  Micros deadline_ = 0;                 // of steady_time()
  Patience tick_{0};
  std::string trouble_;
};

// Whether it is an address of this machine alone (127.0.0.0/8, ::1), or none
// one can send to (unspecified, multicast).
bool is_loopback(const std::string& address);
bool is_host_address(const std::string& address);

}  // namespace mail::relay
