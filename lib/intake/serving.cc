#include "intake/serving.h"

#include "dns/make_resolver.h"

namespace mail::intake {
namespace {

// Twice this, and the reverse name of a client is not known.
constexpr std::chrono::seconds kNameDeadline{3};

}  // namespace

std::string refusal(const net::Peer&, net::Refused why) {
  switch (why) {
    case net::Refused::AddressLimit:
      return "421 4.7.0 Too many connections from your address\r\n";
    case net::Refused::TotalLimit:
    case net::Refused::Busy:
      break;
  }
  return "421 4.3.2 Too busy; try again later\r\n";
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
    const config::Settings& settings, const std::string& records) {
  dns::ResolverOptions options;
  options.records = records;
  options.local_only = settings.dns_local_only;
  options.servers = settings.dns_servers;
  options.deadline = kNameDeadline;
  return dns::make_resolver(options);
}

}  // namespace mail::intake
