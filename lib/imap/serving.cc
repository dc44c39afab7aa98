#include "imap/serving.h"

#include "base/ascii.h"
#include "directory/directory.h"

namespace mail::imap {
namespace {

// RFC 3501 7.1.5: a BYE as the greeting.
std::string refusal(const net::Peer&, net::Refused why) {
  if (why == net::Refused::AddressLimit) {
    return "* BYE [LIMIT] too many connections from your address\r\n";
  }
  return "* BYE [UNAVAILABLE] too busy, try again later\r\n";
}

}  // namespace

net::ServerSettings server_settings(const config::Settings& settings) {
  net::ServerSettings server;
  server.known = {"imap", "imaps"};
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
  prepared.certificates.push_back({settings.tls_certificate, settings.tls_key});
  for (const std::string& pair : settings.tls_more) {
    const std::size_t blank = std::min(pair.find(' '), pair.size());
    prepared.certificates.push_back(
        {pair.substr(0, blank),
         std::string(trim(std::string_view(pair).substr(blank)))});
  }
  return prepared;
}

std::function<std::string(std::uint64_t)> account_folders(
    const config::Settings& settings) {
  return [data = settings.data](std::uint64_t id) {
    return data + "/" + directory::account_folder(id);
  };
}

}  // namespace mail::imap
