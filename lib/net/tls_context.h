// TlsContext: the certificates of a server, ready to use, and what is allowed.
//
// TLS 1.2 and 1.3, no compression, no renegotiation; the certificate is
// chosen by the name the client asks for; tickets are made with keys that all
// workers share.  Made in the parent: workers need no key files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/server.h"

struct ssl_st;
struct ssl_ctx_st;

namespace mail::net {

class TlsContext {
 public:
  // Throws a Fault that names the file that does not do.
  explicit TlsContext(const std::vector<CertificateFiles>& files);
  ~TlsContext();

  // A new TLS connection's state, the server's side.  The caller owns it.
  ssl_st* make_session() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mail::net
