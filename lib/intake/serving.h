// Serving: what smtpd's settings mean for its server and its sessions.
#pragma once

#include <memory>

#include "config/settings.h"
#include "dns/resolver.h"
#include "net/server.h"
#include "smtp/session.h"

namespace mail::intake {

net::ServerSettings server_settings(const config::Settings& settings);
net::Prepared certificates(const config::Settings& settings);
smtp::Rules smtp_rules(const config::Settings& settings,
                       const net::Worker& worker);

// For the names of clients: what is not answered soon is not waited for.
std::unique_ptr<dns::Resolver> client_resolver(
    const config::Settings& settings);

}  // namespace mail::intake
