// Serving: what imapd's settings mean for its sessions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "config/settings.h"
#include "net/server.h"

namespace mail::imap {

// What a peer reads that is not taken: RFC 3501 7.1.5, a BYE as the greeting.
std::string refusal(const net::Peer& peer, net::Refused why);

// The folder of an account, from its id.
std::function<std::string(std::uint64_t)> account_folders(
    const config::Settings& settings);

}  // namespace mail::imap
