// TlsClient: the client's side of TLS, for mail that leaves.
//
//   TlsClient client(authorities);             before the cage closes
//   TlsStream stream = client.open(socket, {"mx.example.net", kVerify});
//   const auto step = stream.handshake();
//
// TLS 1.2 and 1.3.  A host's last session is kept and resumed.  The socket may
// block with a timeout or not at all: a call then says what it waits for.
// One TlsClient serves all threads of a process.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/transport.h"

struct ssl_st;

namespace mail::net {

struct TlsTarget {
  enum class Check { Nothing, Name };
  std::string host;               // for SNI and the certificate; no address
  std::string session;            // under which sessions are kept; or empty
  Check check = Check::Nothing;   // Name: a known authority vouches for host
};

class TlsStream {
 public:
  Step handshake();
  Step read(std::span<char> space);
  Step write(std::string_view bytes);
  // Says that nothing more comes, without waiting.
  void finish();

  // Decrypted bytes that are there without reading the socket.
  bool pending() const;

  std::string facts() const;      // "TLSv1.3 TLS_AES_256_GCM_SHA384"
  bool resumed() const;

  // Why the last call failed, in a few words.
  const std::string& why() const { return why_; }

 private:
  friend class TlsClient;
  struct Free {
    void operator()(ssl_st* tls) const;
  };
  explicit TlsStream(ssl_st* tls) : tls_(tls) {}
  Step after(int result);

  std::unique_ptr<ssl_st, Free> tls_;
  std::string why_;
};

class TlsClient {
 public:
  // `authorities`: a file of certificates (PEM); empty or not there: nobody
  // is vouched for, so every Check::Name fails.
  explicit TlsClient(const std::string& authorities);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // `socket` stays the caller's, and outlives the stream.
  TlsStream open(int socket, const TlsTarget& target);

  // Whether certificates of authorities were found.
  bool can_verify() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mail::net
