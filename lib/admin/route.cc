#include "admin/route.h"

#include <sysexits.h>

#include "directory/sqlite_directory.h"
#include "dns/make_resolver.h"
#include "relay/hosts.h"

namespace mail::admin {

RouteCommand::RouteCommand(Options& options, Context& context)
    : context_(context) {
  Options& route =
      options.command("route", "where mail for an address goes, and why",
                      [this] { return run(); });
  route.argument("address", address_, "the address, or a domain alone");
  route.flag("--offline", offline_, "do not ask the DNS");
}

int RouteCommand::run() {
  directory::SqliteDirectory directory(
      context_.settings().directory_db(),
      context_.settings().subaddress_separator);
  const std::string address =
      address_.find('@') == address_.npos ? "postmaster@" + address_ : address_;
  const relay::Routes routes(context_.settings());
  relay::Route route = routes.decide(address, [&](std::string_view domain) {
    return directory.is_local(domain);
  });
  if (route.kind == relay::Route::Kind::None) {
    give_up(EX_DATAERR, {route.steps.front()});
  }
  std::vector<std::string> hops;
  std::vector<std::string> hosts;
  if (route.kind == relay::Route::Kind::Stays) {
    say_places(directory, address, route);
  } else {
    for (const auto& hop : route.hops) {
      hops.push_back(to_string(hop));
      for (auto& host : hosts_of(hop, route)) hosts.push_back(std::move(host));
    }
  }
  context_.output().one({{"address", address},
                         {"leaves", route.kind == relay::Route::Kind::Leaves},
                         {"hops", hops},
                         {"hosts", hosts},
                         {"retry", route.retry},
                         {"steps", route.steps}});
  return 0;
}

void RouteCommand::say_places(directory::Directory& directory,
                              const std::string& address, relay::Route& route) {
  const auto places = directory.expand(address);
  if (!places) {
    route.steps.push_back("the directory says: " + places.error().why);
    return;
  }
  for (const auto& place : *places) {
    const bool here = place.account != 0;
    route.steps.push_back(here
                              ? "it ends in the account " + place.address +
                                    (place.active ? "" : ", which is suspended")
                              : "it leads to " + place.address +
                                    ", an address elsewhere: ask for that one");
  }
}

// What the senders would find now; they ask again when there is mail.
std::vector<std::string> RouteCommand::hosts_of(const relay::Hop& hop,
                                                relay::Route& route) {
  if (hop.kind == relay::Hop::Kind::Host) return {hop.name};
  if (offline_) return {};
  const auto& settings = context_.settings();
  const auto resolver =
      dns::make_resolver({.records = settings.dns_records,
                          .local_only = settings.dns_local_only,
                          .servers = settings.dns_servers});
  const auto found =
      relay::find_destination(*resolver, hop.name, settings.hostname);
  using Outcome = relay::Destination::Outcome;
  if (found.outcome == Outcome::TryLater) {
    route.steps.push_back("the DNS has no answer for " + hop.name + ": " +
                          found.why + "; mail waits");
  } else if (found.outcome != Outcome::Hosts) {
    // Only what the address's own domain says is the last word on it.
    const bool final = hop.name == route.domain;
    route.steps.push_back(
        "no mail goes to " + hop.name + ": " + found.why +
        (final ? "; it goes back to its sender" : "; mail waits"));
  }
  std::vector<std::string> hosts;
  for (const auto& mx : found.hosts) {
    route.steps.push_back("a mail server of " + hop.name + ": " + mx.host +
                          ", preference " + std::to_string(mx.preference));
    hosts.push_back(mx.host);
  }
  return hosts;
}

}  // namespace mail::admin
