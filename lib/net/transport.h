// Transport: a socket that never blocks, with or without TLS.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/fd.h"
#include "net/session.h"

struct ssl_st;

namespace mail::net {

class TlsContext;

// What one attempt came to.
struct Step {
  enum class Is {
    Moved,      // `bytes` went; or the handshake is complete
    WantRead,   // again when there is something to read
    WantWrite,  // again when there is room to write
    Ended,      // the peer has closed its side
    Broken,     // the connection is of no further use
  };
  Is is = Is::Moved;
  std::size_t bytes = 0;
};

class Transport {
 public:
  explicit Transport(Fd socket) : socket_(std::move(socket)) {}

  int number() const { return socket_.number(); }
  bool secure() const { return tls_ != nullptr; }

  Step read(std::span<char> space);
  Step write(std::string_view bytes);

  // Only without TLS.
  Step send_file(int file, std::int64_t offset, std::int64_t length);

  // From here on everything is TLS; handshake() until it has Moved.
  void start_tls(const TlsContext& context);
  Step handshake();
  TlsFacts facts() const;

  // Tells the peer that nothing more comes (close_notify, FIN).
  void finish();
  void close();

 private:
  struct Free {
    void operator()(ssl_st* tls) const;
  };
  Step after_tls(int result) const;

  Fd socket_;
  std::unique_ptr<ssl_st, Free> tls_;
};

}  // namespace mail::net
