// Authority: who a session asks whether its peer is who it says.
//
// smtpd and imapd ask authd over a local socket (sasl/authd_client.h); tests
// bring a few lines of their own.  The asking session relays the mechanism's
// messages and never sees a credential store.  RFC 4422.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mail::sasl {

// What a session knows when the client names its mechanism.
struct Attempt {
  std::string mechanism;                 // "PLAIN", "SCRAM-SHA-256-PLUS" ...
  std::optional<std::string> initial;    // decoded initial response, if any
  std::string service;                   // "imap", "smtp"
  std::string peer_address;              // "192.0.2.1"
  bool secure = false;                   // TLS, or loopback when allowed
  std::string tls_exporter;              // RFC 9266; empty without TLS
  std::string tls_server_end_point;      // RFC 5929 section 4
};

struct Answer {
  enum class Kind {
    Challenge,    // send `text` to the client, give its response to step()
    Success,      // `account` is in; `text` is server data for the end, or
                  // empty (SCRAM's verifier: sent with the success)
    Failure,      // no; say so after `delay`
    Unavailable,  // authd is away or too busy: 454 / NO [UNAVAILABLE]
    Unknown,      // no such mechanism, or not without TLS
  };
  Kind kind = Kind::Unavailable;
  std::string text;      // decoded; the session does the base64
  std::string exchange;  // what step() wants
  std::uint64_t account = 0;
  std::string address;   // the account's primary address
  std::chrono::milliseconds delay{};
};

class Authority {
 public:
  virtual ~Authority() = default;

  // Mechanisms to offer, strongest first, as the protocols list them.
  // `secure`: those for TLS (or loopback when allowed); `plus`: with channel
  // binding as well.
  virtual std::vector<std::string> mechanisms(bool secure,
                                              bool plus) const = 0;
  virtual Answer start(const Attempt& attempt) = 0;
  virtual Answer step(const std::string& exchange,
                      std::string_view response) = 0;
  // The client gave up ("*"), or its connection ended.
  virtual void cancel(const std::string& exchange) = 0;
};

}  // namespace mail::sasl
