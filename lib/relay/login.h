// Login: AUTH at a relay host (RFC 4954), with the best mechanism it offers.
//
// SCRAM-SHA-256 first: it never shows the password, and makes the server prove
// that it knows it.  PLAIN and LOGIN show it, so only over TLS or to a server
// on this machine.
#pragma once

#include <optional>
#include <string_view>

#include "relay/deadlines.h"
#include "relay/extensions.h"
#include "relay/passwords.h"
#include "relay/talk.h"

namespace mail::relay {

// How all those reasons begin.
inline constexpr std::string_view kLoginFailed = "logging in failed: ";

// Why we could not, always Temporary: that a password of ours is wrong must
// not send anybody's mail back.
std::optional<Verdict> log_in(Talk& talk, const Extensions& server,
                              const Credentials& credentials,
                              const Deadlines& deadlines);

}  // namespace mail::relay
