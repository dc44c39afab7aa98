// Readiness: tells the service manager how this program stands.
//
// The protocol of sd_notify(3), a datagram to the socket that the environment
// names (NOTIFY_SOCKET); where it names none, nothing is told.  Whoever does
// not listen holds nobody up.  Only the process that was started says
// anything: with Type=notify others are not listened to.
#pragma once

namespace mail {

void tell_ready();
void tell_reloading();  // tell_ready() once that is over
void tell_stopping();

// What is executed from now on is not started by the service manager.
void keep_readiness_to_ourselves();

}  // namespace mail
