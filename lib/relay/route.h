// Route: where mail for an address goes, and why.
//
//   Routes routes(settings);
//   routes.decide("ann@example.org", is_local)
//     -> Leaves, by hops {mx of example.org}
//
// A pure function of the address, the settings and what is local: a domain
// that is ours is never routed elsewhere, whatever the settings say.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
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
    None,    // it is no address
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

  explicit Routes(const config::Settings& settings);

  Route decide(std::string_view address, const IsLocal& is_local) const;

 private:
  const std::string* find(const std::string& domain) const;
  void take(Route& route, const std::string& way) const;

  // The ways as they are written, by "example.org" or ".example.org".
  std::map<std::string, std::string, std::less<>> by_domain_;
  std::string relayhost_;
  std::int64_t retry_;  // where the way says nothing
};

// "mx of example.org", "[192.0.2.1]:587 tls=verified login=main".
std::string to_string(const Hop& hop);

}  // namespace mail::relay
