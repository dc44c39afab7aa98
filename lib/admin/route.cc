#include "admin/route.h"

#include <sysexits.h>

#include "admin/outlook.h"
#include "base/ascii.h"
#include "base/process.h"
#include "directory/sqlite_directory.h"
#include "dns/make_resolver.h"
#include "net/own_addresses.h"

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
  const std::string address = whole_address(directory);
  const relay::Routes routes(context_.settings(), net::own_addresses());
  relay::Route route = routes.decide(address, [&](std::string_view domain) {
    return directory.is_local(domain);
  });
  if (route.kind == relay::Route::Kind::None) {
    give_up(EX_DATAERR, {route.steps.back()});
  }
  Outlook outlook(context_);
  const auto say = [&route](const std::vector<std::string>& steps) {
    route.steps.insert(route.steps.end(), steps.begin(), steps.end());
  };
  const std::string end = address.substr(0, address.rfind('@') + 1);
  say(outlook.of_address(end + route.domain));
  say(outlook.of_domain(route));
  if (route.kind == relay::Route::Kind::Stays) {
    say_places(directory, address, route);
  } else {
    say_ways(route);
    for (const auto& site : sites_) say({outlook.of_site(site)});
    if (sites_.size() > 1) {
      say({"mail goes to the first of these sites that is open; when it "
           "cannot be reached, to the next"});
    }
  }
  context_.output().one({{"address", address},
                         {"leaves", route.kind == relay::Route::Kind::Leaves},
                         {"hops", hops_},
                         {"hosts", hosts_},
                         {"sites", sites_},
                         {"retry", route.retry},
                         {"steps", route.steps}});
  return 0;
}

// smtpd takes "Postmaster" alone; and whoever asks for a domain means any
// address there.
std::string RouteCommand::whole_address(
    directory::Directory& directory) const {
  if (address_.find('@') != address_.npos) return address_;
  const std::string postmaster = "postmaster@";
  if (same_text(address_, "postmaster")) {
    return postmaster + directory::postmaster_domain(
                            directory, context_.settings().hostname);
  }
  const bool literal = address_.starts_with('[');
  if (!literal && address_.find('.') == address_.npos &&
      !directory.is_local(lower(address_))) {
    throw Exit(EX_DATAERR, address_ + " is neither an address nor a domain; "
                                      "a domain without a dot needs one: " +
                               postmaster + address_);
  }
  return postmaster + address_;
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

void RouteCommand::say_ways(relay::Route& route) {
  const auto hops = route.hops;
  for (const auto& hop : hops) {
    hops_.push_back(to_string(hop));
    if (hop.kind == relay::Hop::Kind::Mx) {
      if (!offline_) ask_dns(hop, route);
      continue;
    }
    hosts_.push_back(hop.name);
    sites_.push_back(site_name(hop, ""));
  }
}

// What the senders would find now; they ask again when there is mail.
void RouteCommand::ask_dns(const relay::Hop& hop, relay::Route& route) {
  const auto& settings = context_.settings();
  const auto resolver =
      dns::make_resolver({.records = value_or_exit(
                              dns::read_records(settings.dns_records),
                              EX_CONFIG),
                          .local_only = settings.dns_local_only,
                          .servers = settings.dns_servers});
  const auto found =
      relay::find_destination(*resolver, hop.name, settings.hostname);
  if (found.outcome != relay::Destination::Outcome::Hosts) {
    return say_none(hop, found, route);
  }
  for (const auto& mx : found.hosts) {
    route.steps.push_back("a mail server of " + hop.name + ": " + mx.host +
                          ", preference " + std::to_string(mx.preference));
    hosts_.push_back(mx.host);
  }
  sites_.push_back(site_name(hop, found.site));
}

void RouteCommand::say_none(const relay::Hop& hop,
                            const relay::Destination& found,
                            relay::Route& route) const {
  if (found.outcome == relay::Destination::Outcome::TryLater) {
    route.steps.push_back("the DNS has no answer for " + hop.name + ": " +
                          found.why + "; mail waits");
    return;
  }
  // Only what the address's own domain says is the last word on it.
  const bool final = hop.name == route.domain;
  route.steps.push_back(
      "no mail goes to " + hop.name + ": " + found.why +
      (final ? "; it goes back to its sender" : "; mail waits"));
}

}  // namespace mail::admin
