#include "imap/session.h"

#include "net/deflate_session.h"

namespace mail::imap {

Session::Session(const Shared& shared, const net::Peer& peer, net::Link& link)
    : shared_(shared),
      link_(link),
      login_(std::make_unique<Login>(shared, peer, link)) {}

net::Wait Session::greet(net::Output& out) { return login_->greet(out); }

net::Wait Session::serve(net::Input& in, net::Output& out) {
  if (login_) {
    const net::Wait wait = login_->serve(in, out);
    if (login_->account() == 0) return wait;
    visit_ = std::make_unique<Visit>(shared_, link_, login_->account());
    login_.reset();
  }
  return visit_->serve(in, out);
}

net::Wait Session::expired(net::Output& out) {
  if (visit_) return visit_->expired(out);
  out.write("* BYE log in within a minute\r\n");
  return net::Wait::close();
}

void Session::secured(const net::TlsFacts& facts) {
  if (login_) login_->secured(facts);
}

void Session::farewell(net::Output& out) {
  out.write("* BYE the server stops, come back soon\r\n");
}

std::unique_ptr<net::Session> make_session(const Shared& shared,
                                           net::Compressors& compressors,
                                           const net::Peer& peer,
                                           net::Link& link) {
  return std::make_unique<net::DeflateSession>(
      std::make_unique<Session>(shared, peer, link), compressors);
}

}  // namespace mail::imap
