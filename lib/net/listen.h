// Listening sockets: handed over by name, or bound by the program itself.
//
// A service manager, or maild, passes descriptors from 3 on and their names
// in LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID (sd_listen_fds(3)).  A name
// may be given several times: one socket for each address.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"

namespace mail::net {

// Where to listen.  An address that begins with '/' is the path of an
// AF_UNIX socket.
struct Endpoint {
  std::string name;     // "smtp", "imaps" ...
  std::string address;  // "127.0.0.1", "::1", "/run/staunch/lmtp"
  std::uint16_t port = 0;
};

struct Listener {
  std::string name;
  Fd socket;
};

// Whether TLS begins with the first byte on sockets of this name:
// submissions, imaps, https, pop3s.
bool implicit_tls(std::string_view name);

// The socket of one endpoint, listening and not blocking.  Throws Fault.
Listener listen_at(const Endpoint& endpoint);

// What was handed over, if anything was; takes the variables out of the
// environment.  Exit 78 on a socket without a name.
std::vector<Listener> handed_over();

// The program's sockets: those handed over, else those of `endpoints` whose
// names it knows.  Exit 78 when a socket handed over has a name not in
// `known`, or when there is none at all.  A connection accepted from them
// sends at once what there is, and ends some ten minutes after its peer has
// vanished (TCP_NODELAY, SO_KEEPALIVE).
std::vector<Listener> listeners(const std::vector<std::string>& known,
                                const std::vector<Endpoint>& endpoints);

// In a child before exec: puts the sockets where handed_over() looks.
void hand_over(const std::vector<Listener>& sockets);

// The port a socket is bound to; 0 for AF_UNIX.
std::uint16_t bound_port(const Fd& socket);

}  // namespace mail::net
