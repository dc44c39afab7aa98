// Wire: the connection a conversation goes over; a socket (relay/channel.h),
// or a test's text.
//
// Every wait has the deadline last set by patience().  After a call that says
// false the connection is of no further use, and trouble() says why.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace mail::relay {

using Patience = std::chrono::milliseconds;

// What the certificate of the other side must be.
enum class Proof { None, Name };

class Wire {
 public:
  virtual ~Wire() = default;

  // From now on, for all waiting up to the next call.
  virtual void patience(Patience time) = 0;

  // Sends all of it.
  virtual bool send(std::string_view bytes) = 0;

  // More is to follow at once: need not go out by itself.
  virtual bool send_more(std::string_view bytes) = 0;

  // Sends a piece of a file; only when can_send_file().
  virtual bool send_file(const Fd& file, std::int64_t offset,
                         std::int64_t length) = 0;
  virtual bool can_send_file() const = 0;

  // Waits for bytes; how many came, 0: none will.
  virtual std::size_t receive(std::span<char> space) = 0;

  // A handshake; everything is encrypted from then on.
  virtual bool start_tls(Proof proof) = 0;

  // "TLSv1.3 TLS_AES_256_GCM_SHA384"; empty without TLS.
  virtual std::string tls() const = 0;

  // Whether the certificate has been proved to be the host's.
  virtual bool proved() const = 0;

  // Whether the other side is on this machine.
  virtual bool local() const = 0;

  // Why the last call failed: "timed out", "connection lost", ...
  virtual std::string trouble() const = 0;
  virtual bool timed_out() const = 0;
};

}  // namespace mail::relay
