// Serving: what smtpd's settings mean for its sessions.
#pragma once

#include <memory>
#include <string>

#include "config/settings.h"
#include "dns/resolver.h"
#include "net/server.h"
#include "smtp/session.h"

namespace mail::intake {

// What a peer reads that is not taken: RFC 5321 3.1, a 421 as the greeting.
std::string refusal(const net::Peer& peer, net::Refused why);

smtp::Rules smtp_rules(const config::Settings& settings,
                       const net::Worker& worker);

// For the names of clients: what is not answered soon is not waited for.
// `records` are the local ones (dns::read_records()).
std::unique_ptr<dns::Resolver> client_resolver(
    const config::Settings& settings, const std::string& records);

}  // namespace mail::intake
