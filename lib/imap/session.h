// Session: an IMAP conversation, from the greeting to the end.
//
// RFC 3501 section 3: not authenticated (Login), then authenticated and
// selected (Visit), then gone.
#pragma once

#include <memory>

#include "imap/login.h"
#include "imap/visit.h"
#include "net/deflate.h"
#include "net/session.h"

namespace mail::imap {

class Session : public net::Session {
 public:
  // All three outlive the session.
  Session(const Shared& shared, const net::Peer& peer, net::Link& link);

  net::Wait greet(net::Output& out) override;
  net::Wait serve(net::Input& in, net::Output& out) override;
  net::Wait expired(net::Output& out) override;
  void secured(const net::TlsFacts& facts) override;
  void farewell(net::Output& out) override;

 private:
  const Shared& shared_;
  net::Link& link_;
  std::unique_ptr<Login> login_;  // before
  std::unique_ptr<Visit> visit_;  // after
};

// A Session and what stands below it: the layer of COMPRESS (RFC 4978).
std::unique_ptr<net::Session> make_session(const Shared& shared,
                                           net::Compressors& compressors,
                                           const net::Peer& peer,
                                           net::Link& link);

}  // namespace mail::imap
