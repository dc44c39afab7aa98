#include "daemon/serving.h"

#include <sysexits.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/attempt.h"
#include "base/metrics.h"
#include "base/process.h"
#include "config/load.h"
#include "dns/make_resolver.h"
#include "net/tls_context.h"

namespace mail::daemon {
namespace {

net::ServerSettings server_settings(const config::Settings& settings,
                                    const Service& service) {
  net::ServerSettings server;
  server.known = service.sockets;
  for (const auto& [name, address, port] : settings.listen) {
    server.listen.push_back({name, address, port});
  }
  server.refusal = service.refusal;
  return server;
}

net::Capacity capacity(const config::Settings& settings,
                       const Service& service) {
  net::Capacity capacity;
  capacity.limits.total = static_cast<int>(settings.connections);
  capacity.limits.per_address =
      static_cast<int>(settings.connections_per_address);
  capacity.limits.per_account =
      static_cast<int>(settings.connections_per_account);
  for (const std::string& text : settings.connections_for) {
    capacity.limits.others.push_back(net::parse_address_limit(text));
  }
  capacity.workers = static_cast<int>(settings.workers);
  capacity.cores_per_worker = service.cores_per_worker;
  capacity.threads = static_cast<int>(settings.threads);
  return capacity;
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

std::string records(const Basis& basis) {
  auto records = dns::read_records(basis.settings.dns_records);
  if (!records) throw Exit(EX_CONFIG, records.error().why);
  return std::move(*records);
}

}  // namespace

std::vector<WrongCertificate> wrong_certificates(
    const config::Settings& settings) {
  std::vector<WrongCertificate> wrong;
  const auto pairs = certificates(settings).certificates;
  for (std::size_t n = 0; n < pairs.size(); ++n) {
    const auto done = attempt([&] { net::TlsContext({pairs[n]}); });
    if (done) continue;
    const std::string& why = done.error().why;
    const bool is_key = why.starts_with("key ");
    wrong.push_back({n > 0    ? "tls_more"
                     : is_key ? "tls_key"
                              : "tls_certificate",
                     n > 0 ? n - 1 : 0, why});
  }
  return wrong;
}

int serve(const std::string& config_file, const Service& service) {
  Basis basis{config::load(config_file)};
  const Metrics metrics(basis.settings.run_folder(), service.program);
  net::Server server(server_settings(basis.settings, service));
  server.prepare([&] {
    Basis fresh{config::load_again(config_file, basis.settings)};
    if (service.records == Records::Local) fresh.records = records(fresh);
    auto prepared = certificates(fresh.settings);
    prepared.capacity = capacity(fresh.settings, service);
    prepared.take_effect = [&basis, fresh = std::move(fresh)] {
      basis = fresh;
    };
    return prepared;
  });
  return server.run([&](net::Worker& worker) { service.work(worker, basis); });
}

}  // namespace mail::daemon
