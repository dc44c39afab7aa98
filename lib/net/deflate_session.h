// DeflateSession: a session whose bytes are compressed from where it says so
// (IMAP's COMPRESS, RFC 4978).
//
// Stands between the server and a session.  When that waits for Wait::deflate
// all that follows is compressed, in both directions; the session itself goes
// on as before.  What it writes is flushed at the end of each call.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/deflate.h"
#include "net/session.h"

namespace mail::net {

class DeflateSession final : public Session {
 public:
  // `compressors` outlives the session.
  DeflateSession(std::unique_ptr<Session> inner, Compressors& compressors);

  Wait greet(Output& out) override;
  Wait serve(Input& in, Output& out) override;
  Wait expired(Output& out) override;
  void secured(const TlsFacts& facts) override;
  void farewell(Output& out) override;

  // Bytes that it holds for the connection.
  std::size_t memory() const;

 private:
  class Packed;
  class Unpacked;
  Wait serve_deflated(Input& in, Output& out);

  std::unique_ptr<Session> inner_;
  Compressors& compressors_;
  std::unique_ptr<Decompressor> decompressor_;  // once it is compressed
  std::string plain_;  // came, and was not used by the session
};

}  // namespace mail::net
