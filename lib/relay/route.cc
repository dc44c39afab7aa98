#include "relay/route.h"

#include <array>
#include <optional>

#include "config/next_hop.h"
#include "mime/address.h"
#include "net/own_addresses.h"
#include "relay/channel.h"

namespace mail::relay {
namespace {

Hop to_hop(const config::NextHop& next, const std::string& domain) {
  using Kind = config::NextHop::Kind;
  Hop hop;
  hop.kind = next.kind == Kind::Host ? Hop::Kind::Host : Hop::Kind::Mx;
  hop.name = next.kind == Kind::Own ? domain : next.name;
  hop.port = next.port;
  hop.protocol = static_cast<Hop::Protocol>(next.protocol);
  hop.tls = static_cast<Hop::Tls>(next.tls);
  hop.login = next.login;
  return hop;
}

// RFC 5321 4.1.3: the address of "[192.0.2.1]" or "[IPv6:2001:db8::1]",
// canonical; empty when it is none.
std::optional<std::string> literal(std::string_view domain) {
  if (!domain.starts_with('[') || !domain.ends_with(']')) return {};
  domain = domain.substr(1, domain.size() - 2);
  if (domain.starts_with("IPv6:")) domain.remove_prefix(5);
  return net::canonical_address(std::string(domain));
}

Hop straight_to(const std::string& address) {
  Hop hop;
  hop.kind = Hop::Kind::Host;
  hop.name = address;
  return hop;
}

}  // namespace

Routes::Routes(const config::Settings& settings, std::set<std::string> ours)
    : relayhost_(settings.relayhost),
      retry_(settings.queue_retry),
      ours_(std::move(ours)) {
  for (const auto& text : settings.routes) {
    const auto line = config::parse_route(text);
    if (!line) continue;  // load() has refused it
    by_domain_.emplace(line->domain, text.substr(text.find(' ') + 1));
  }
}

// The domain itself, then ".parent" from the nearest on.
const std::string* Routes::find(const std::string& domain) const {
  if (const auto own = by_domain_.find(domain); own != by_domain_.end()) {
    return &own->second;
  }
  for (auto dot = domain.find('.'); dot != domain.npos;
       dot = domain.find('.', dot + 1)) {
    const auto above = by_domain_.find(std::string_view(domain).substr(dot));
    if (above != by_domain_.end()) return &above->second;
  }
  return nullptr;
}

// A user has no business with what listens on this machine for itself.
bool Routes::is_ours(const std::string& address) const {
  return is_loopback(address) || ours_.contains(address);
}

void Routes::take(Route& route, const std::string& way) const {
  route.kind = Route::Kind::Leaves;
  const auto parsed = config::parse_way(way);
  if (!parsed) return;
  route.retry = parsed->retry > 0 ? parsed->retry : retry_;
  for (const auto& next : parsed->hops) {
    route.hops.push_back(to_hop(next, route.domain));
  }
}

Route Routes::decide(std::string_view address, const IsLocal& is_local) const {
  Route route;
  const auto parsed = mime::Address::parse(address);
  if (!parsed) {
    route.steps.push_back("no address: " + parsed.error().why);
    return route;
  }
  route.domain = parsed->domain;
  const auto step = [&](std::string text) {
    route.steps.push_back(std::move(text));
  };
  if (is_local(route.domain)) {
    step(route.domain + " is a domain of this server: it stays");
    route.kind = Route::Kind::Stays;
    return route;
  }
  step(route.domain + " is not a domain of this server: it leaves");
  if (const auto ip = literal(route.domain)) {
    if (is_ours(*ip) || !is_host_address(*ip)) {
      step(is_ours(*ip) ? "its address literal is of this machine itself: "
                          "mail goes nowhere"
                        : "its address literal is of no machine: mail goes "
                          "nowhere");
      return route;
    }
    step("an address literal: straight to that host");
    route.kind = Route::Kind::Leaves;
    route.hops.push_back(straight_to(*ip));
    route.retry = retry_;
  } else if (const std::string* line = find(route.domain)) {
    step("the setting routes says: " + *line);
    take(route, *line);
  } else if (!relayhost_.empty()) {
    step("no route of its own; relayhost says: " + relayhost_);
    take(route, relayhost_);
  } else {
    step("no route of its own and no relayhost: as the DNS says");
    take(route, "mx");
  }
  step("what is put off is tried again after " + std::to_string(route.retry) +
       " s, then ever later");
  return route;
}

std::string to_string(const Hop& hop) {
  constexpr std::array<std::string_view, 4> kTls = {
      "", " tls=required", " tls=verified", " tls=implicit"};
  const bool lmtp = hop.protocol == Hop::Protocol::Lmtp;
  std::string text = lmtp ? "lmtp:" : "";
  text +=
      hop.kind == Hop::Kind::Host ? "[" + hop.name + "]" : "mx of " + hop.name;
  if (hop.port != (lmtp ? 24 : 25)) text += ":" + std::to_string(hop.port);
  text += kTls[static_cast<std::size_t>(hop.tls)];
  if (!hop.login.empty()) text += " login=" + hop.login;
  return text;
}

std::string site_name(const Hop& hop, const std::string& hosts) {
  if (hop.kind == Hop::Kind::Host) return to_string(hop);
  // What else tells one connection from another, as routes are written.
  Hop options = hop;
  options.name.clear();
  options.protocol = Hop::Protocol::Smtp;
  const bool lmtp = hop.protocol == Hop::Protocol::Lmtp;
  return (lmtp ? "lmtp:" : "") + hosts +
         to_string(options).substr(std::string_view("mx of ").size());
}

}  // namespace mail::relay
