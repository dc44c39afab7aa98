// Route: where mail for an address goes, and why.
//
//   Routes routes(settings, net::own_addresses());
//   routes.decide("ann@example.org", is_local)
//     -> Leaves, by hops {mx of example.org}
//
// A pure function of the address, the settings, what is local and which
// addresses this machine has: a domain that is ours is never routed elsewhere,
// whatever the settings say, and an address literal never leads back here.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "relay/hop.h"

namespace mail::relay {

struct Route {
  enum class Kind {
    Stays,   // the domain is ours: the directory knows where it ends
    Leaves,  // by `hops`, in order
    None,    // it is no address, or leads nowhere: the last step says why
  };
  Kind kind = Kind::None;
  std::string domain;              // canonical
  std::vector<Hop> hops;
  std::int64_t retry = 0;          // seconds to the second attempt
  std::vector<std::string> steps;  // how it was decided, for people
};

class Routes {
 public:
  using IsLocal = std::function<bool(std::string_view domain)>;

  // `ours`: addresses of this machine, canonical (net/own_addresses.h).
  Routes(const config::Settings& settings, std::set<std::string> ours);

  Route decide(std::string_view address, const IsLocal& is_local) const;

 private:
  const std::string* find(const std::string& domain) const;
  bool is_ours(const std::string& address) const;
  void take(Route& route, const std::string& way) const;

  // The ways as they are written, by "example.org" or ".example.org".
  std::map<std::string, std::string, std::less<>> by_domain_;
  std::string relayhost_;
  std::int64_t retry_;  // where the way says nothing
  std::set<std::string> ours_;
};

// "mx of example.org", "[192.0.2.1]:587 tls=verified login=main".
std::string to_string(const Hop& hop);

// The name of what a hop leads to, a site; `hosts`: the key of the set of
// hosts that an MX names (relay/hosts.h).
std::string site_name(const Hop& hop, const std::string& hosts);

}  // namespace mail::relay
