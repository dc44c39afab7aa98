// Probe: whether a service answers, by being a client for a moment.
#pragma once

#include <chrono>
#include <string>

#include "config/settings.h"

namespace mail::admin {

// Connects; where the server speaks first (smtp, submission, lmtp, imap, pop3,
// managesieve), also waits for the first byte.  False after `at_most`.
bool answers(const config::Listen& service, std::chrono::milliseconds at_most);

// Whether anybody listens at the path of an AF_UNIX socket of any type.
bool anybody_at(const std::string& path);

}  // namespace mail::admin
