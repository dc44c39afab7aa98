// From a consignment to the queue of its site: route, lookup, site.

#include <algorithm>

#include "base/random.h"
#include "deliver/orders.h"
#include "deliver/outbound.h"
#include "deliver/progress.h"

namespace mail::deliver {
namespace {

using Outcome = Verdict::Outcome;

Verdict verdict(Outcome outcome, std::string enhanced, std::string text) {
  Verdict v;
  v.outcome = outcome;
  v.enhanced = std::move(enhanced);
  v.text = std::move(text);
  return v;
}

}  // namespace

void Outbound::add(Consignment consignment) { place(std::move(consignment)); }

void Outbound::place(Consignment c) {
  using Kind = spool::Suspension::Kind;
  const auto& address = c.message->targets[c.targets.front()].row.address;
  const auto route =
      routes_.decide(address, [](std::string_view) { return false; });
  if (route.hops.empty()) {
    return part(c, Parting::Kind::Tried,
                verdict(Outcome::Permanent, "5.1.3", route.steps.back()));
  }
  if (const auto until =
          sites_.suspended(Kind::Domain, c.domain, wall_time())) {
    return wait(c, *until,
                {std::string(kSuspended),
                 "mail for " + c.domain + " is suspended"});
  }
  if (is_stopped(*c.message, c.targets)) {
    return wait(c, wall_time(), {"", "it was not tried to the end"});
  }
  c.retry = route.retry * kSecond;
  c.hop = std::min(c.hop, route.hops.size() - 1);
  while (!place_at(c, route.hops[c.hop], c.hop + 1 == route.hops.size())) {
    ++c.hop;
  }
}

// False: the next hop may do better.
bool Outbound::place_at(Consignment& c, const Hop& hop, bool last) {
  const Micros now = steady_time();
  if (hop.kind == Hop::Kind::Host) {
    return place_at(c, sites_.at(site_name(hop, ""), now), last);
  }
  const Found* found = destinations_.find(hop.name, now);
  if (!found) {
    destinations_.wait(hop.name, std::move(c));
    return true;
  }
  if (found->outcome != Found::Outcome::Hosts) {
    return answered(c, hop, *found, last);
  }
  Site& site = sites_.at(site_name(hop, found->site), now);
  site.hosts = found->hosts;
  return place_at(c, site, last);
}

// Whether mail that is put on it would not just wait there.
bool Outbound::is_open(const Hop& hop) {
  using Kind = spool::Suspension::Kind;
  const Micros now = steady_time();
  std::string hosts;
  if (hop.kind == Hop::Kind::Mx) {
    const Found* found = destinations_.find(hop.name, now);
    if (!found) return true;  // nobody knows yet
    if (found->outcome != Found::Outcome::Hosts) return false;
    hosts = found->site;
  }
  const std::string name = site_name(hop, hosts);
  const Site* site = sites_.find(name);
  return !(site && site->is_dead(now)) &&
         !sites_.suspended(Kind::Site, name, wall_time());
}

// There is no host to go to.
bool Outbound::answered(Consignment& c, const Hop& hop, const Found& found,
                        bool last) {
  if (!last) return false;
  // Only what the address's own domain says is the last word on it.
  const bool final =
      found.outcome != Found::Outcome::TryLater && hop.name == c.domain;
  std::string enhanced = found.enhanced;
  if (enhanced.empty()) enhanced = final ? "5.1.2" : "4.4.3";
  if (!final) enhanced.front() = '4';
  std::string why = found.why;
  if (why.empty()) why = "no mail server is known of " + hop.name;
  part(c, Parting::Kind::Tried,
       verdict(final ? Outcome::Permanent : Outcome::Temporary,
               std::move(enhanced), std::move(why)));
  return true;
}

bool Outbound::place_at(Consignment& c, Site& site, bool last) {
  using Kind = spool::Suspension::Kind;
  const Micros wall = wall_time();
  for (const auto target : c.targets) {
    c.message->targets[target].row.site = site.name();
  }
  if (const auto until = sites_.suspended(Kind::Site, site.name(), wall)) {
    if (!last) return false;
    wait(c, *until,
         {std::string(kSuspended), "the site " + site.name() + " is suspended"});
    return true;
  }
  const Micros left = site.dead_until() - steady_time();
  if (left > 0) {
    if (!last) return false;
    wait(c, wall + left, {"", site.why()});
    return true;
  }
  site.queue.add(std::move(c));
  sites_.wake(site);
  return true;
}

Parting Outbound::parting_of(const Consignment& c) {
  Parting parting;
  parting.message = c.message;
  parting.targets = c.targets;
  parting.site = c.message->targets[c.targets.front()].row.site;
  parting.retry = c.retry;
  return parting;
}

void Outbound::part(const Consignment& c, Parting::Kind kind,
                    const Verdict& verdict) {
  Parting parting = parting_of(c);
  parting.kind = kind;
  parting.verdicts.assign(c.targets.size(), verdict);
  parting.why = verdict.text;
  partings_.push_back(std::move(parting));
}

// What waits for the same moment does not come back in it.
void Outbound::wait(const Consignment& c, Micros until,
                    const Reason& reason) {
  const Micros left = std::max<Micros>(0, until - wall_time());
  const Micros most = std::max(5 * kSecond, left / 4);
  Parting parting = parting_of(c);
  parting.kind = Parting::Kind::Waits;
  parting.until = until + most * random_below(1'000'001) / 1'000'000;
  parting.code = reason.code;
  parting.why = reason.text;
  partings_.push_back(std::move(parting));
}

}  // namespace mail::deliver
