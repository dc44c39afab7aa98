// Serving: what imapd's settings mean for its server and its sessions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "config/settings.h"
#include "net/server.h"

namespace mail::imap {

net::ServerSettings server_settings(const config::Settings& settings);
net::Prepared certificates(const config::Settings& settings);

// The folder of an account, from its id.
std::function<std::string(std::uint64_t)> account_folders(
    const config::Settings& settings);

}  // namespace mail::imap
