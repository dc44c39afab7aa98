#include "intake/serving.h"

#include "base/ascii.h"
#include "dns/make_resolver.h"

namespace mail::intake {
namespace {

// Twice this, and the reverse name of a client is not known.
constexpr std::chrono::seconds kNameDeadline{3};

std::string refusal(const net::Peer&, net::Refused why) {
  switch (why) {
    case net::Refused::AddressLimit:
      return "421 4.7.0 Too many connections from your address\r\n";
    case net::Refused::TotalLimit:
    case net::Refused::Busy: break;
  }
  return "421 4.3.2 Too busy; try again later\r\n";
}

}  // namespace

net::ServerSettings server_settings(const config::Settings& settings) {
  net::ServerSettings server;
  server.known = {"smtp", "submission", "submissions", "lmtp"};
  for (const auto& [name, address, port] : settings.listen) {
    server.listen.push_back({name, address, port});
  }
  server.limits.total = static_cast<int>(settings.connections);
  server.limits.per_address =
      static_cast<int>(settings.connections_per_address);
  server.limits.per_account =
      static_cast<int>(settings.connections_per_account);
  for (const std::string& text : settings.connections_for) {
    server.limits.others.push_back(net::parse_address_limit(text));
  }
  server.workers = static_cast<int>(settings.workers);
  server.threads = static_cast<int>(settings.threads);
  server.refusal = refusal;
  return server;
}

net::Prepared certificates(const config::Settings& settings) {
  net::Prepared prepared;
  if (settings.tls_certificate.empty()) return prepared;
  prepared.certificates.push_back(
      {settings.tls_certificate, settings.tls_key});
  for (const std::string& pair : settings.tls_more) {
    const std::size_t blank = pair.find(' ');
    prepared.certificates.push_back(
        {pair.substr(0, blank),
         std::string(trim(std::string_view(pair).substr(
             std::min(blank, pair.size()))))});
  }
  return prepared;
}

smtp::Rules smtp_rules(const config::Settings& settings,
                       const net::Worker& worker) {
  smtp::Rules rules;
  rules.hostname = settings.hostname;
  rules.message_size = settings.smtp_message_size;
  rules.recipients = settings.smtp_recipients;
  rules.hops = static_cast<int>(settings.smtp_hops);
  rules.timeout = std::chrono::seconds(settings.smtp_timeout);
  rules.has_tls = worker.has_tls();
  rules.auth_on_loopback = settings.auth_on_loopback;
  return rules;
}

std::unique_ptr<dns::Resolver> client_resolver(
    const config::Settings& settings) {
  dns::ResolverOptions options;
  options.records = settings.dns_records;
  options.local_only = settings.dns_local_only;
  options.servers = settings.dns_servers;
  options.deadline = kNameDeadline;
  return dns::make_resolver(options);
}

}  // namespace mail::intake
