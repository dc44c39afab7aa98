#include "relay/hosts.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/random.h"
#include "base/sha.h"
#include "relay/channel.h"
#include "relay/reply.h"

namespace mail::relay {
namespace {

constexpr std::size_t kMaxWhy = 200;
constexpr std::uint32_t kLongestTtl = 86'400;
constexpr std::size_t kMaxSite = 200;

Destination none(Destination::Outcome outcome, std::string_view enhanced,
                 std::string why) {
  Destination destination;
  destination.outcome = outcome;
  destination.enhanced = enhanced;
  destination.why = printable(why, kMaxWhy);
  return destination;
}

Destination later(const std::string& why) {
  return none(Destination::Outcome::TryLater, "4.4.3",
              "the DNS cannot be asked now: " + why);
}

std::uint32_t bounded(std::uint32_t ttl) { return std::min(ttl, kLongestTtl); }

// No MX: the domain itself, when it has an address (RFC 5321 5.1).
Destination implicit(dns::Resolver& resolver, std::string_view domain,
                     const dns::Answer<dns::Mx>& mx) {
  const auto six = resolver.aaaa(domain);
  const auto four = resolver.a(domain);
  if (six.found() || four.found()) {
    Destination destination;
    destination.outcome = Destination::Outcome::Hosts;
    destination.hosts = {{0, dns::canonical_name(domain)}};
    destination.ttl = bounded(six.found() ? six.ttl : four.ttl);
    destination.secure = mx.secure;
    return destination;
  }
  if (six.later() || four.later()) {
    return later(six.later() ? six.why : four.why);
  }
  auto destination =
      none(Destination::Outcome::NoDomain, "5.1.2",
           mx.no_such_name ? "there is no such domain"
                           : "the domain has neither MX nor address");
  destination.ttl = bounded(mx.ttl);
  return destination;
}

// Leaves out what is no better than ourselves: mail goes up only, never in
// circles.
void cut(std::vector<Exchange>& hosts, std::string_view ourselves) {
  const auto us = std::ranges::find_if(hosts, [&](const Exchange& one) {
    return same_text(one.host, ourselves);
  });
  if (us == hosts.end()) return;
  const auto preference = us->preference;  // the first: sorted
  std::erase_if(hosts, [&](const Exchange& one) {
    return one.preference >= preference;
  });
}

// Names that can be asked for, each once, by preference.
std::vector<Exchange> usable(const std::vector<dns::Mx>& records) {
  std::vector<Exchange> hosts;
  for (const dns::Mx& record : records) {
    const std::string host = dns::canonical_name(record.host);
    const bool known = std::ranges::any_of(
        hosts, [&](const Exchange& one) { return one.host == host; });
    if (host.empty() || known || hosts.size() == kMaxExchanges) continue;
    hosts.push_back({record.preference, host});
  }
  return hosts;
}

Destination of_mx(const dns::Answer<dns::Mx>& mx, std::string_view ourselves) {
  // RFC 7505 3: the only one, and it names nobody.
  if (mx.records.size() == 1 && mx.records[0].host.empty()) {
    auto destination = none(Destination::Outcome::NoMail, "5.1.10",
                            "the domain takes no mail (null MX)");
    destination.ttl = bounded(mx.ttl);
    return destination;
  }
  Destination destination;
  destination.outcome = Destination::Outcome::Hosts;
  destination.hosts = usable(mx.records);
  destination.ttl = bounded(mx.ttl);
  destination.secure = mx.secure;
  if (destination.hosts.empty()) {
    return none(Destination::Outcome::TryLater, "4.4.4",
                "the domain's MX name no host");
  }
  cut(destination.hosts, ourselves);
  if (destination.hosts.empty()) {
    return none(Destination::Outcome::NoMail, "5.4.6",
                "the domain's mail would come back to this server");
  }
  return destination;
}

}  // namespace

std::string site_key(const std::vector<Exchange>& hosts) {
  std::vector<std::string> names;
  for (const Exchange& host : hosts) names.push_back(lower(host.host));
  std::ranges::sort(names);
  const auto same = std::ranges::unique(names);
  names.erase(same.begin(), same.end());
  if (names.empty()) return "";
  if (names.size() == 1) return names[0];
  std::string all;
  for (const auto& name : names) all += name + ' ';
  constexpr std::size_t kDigits = 12;
  return names[0].substr(0, kMaxSite) + "+" +
         std::to_string(names.size() - 1) + "-" +
         hex(sha(Sha::Sha256, all)).substr(0, kDigits);
}

Destination find_destination(dns::Resolver& resolver, std::string_view domain,
                             std::string_view ourselves) {
  const std::string name = dns::canonical_name(domain);
  if (name.empty()) {
    return none(Destination::Outcome::NoDomain, "5.1.2",
                "that is no name of a domain");
  }
  const auto mx = resolver.mx(name);
  if (mx.later()) return later(mx.why);
  Destination destination =
      mx.found() ? of_mx(mx, ourselves) : implicit(resolver, name, mx);
  destination.site = site_key(destination.hosts);
  return destination;
}

std::vector<std::string> in_order(std::vector<Exchange> hosts) {
  std::ranges::stable_sort(hosts, {}, &Exchange::preference);
  for (auto first = hosts.begin(); first != hosts.end();) {
    const auto last = std::find_if(first, hosts.end(), [&](const auto& one) {
      return one.preference != first->preference;
    });
    for (auto i = last - first; i > 1; --i) {
      std::swap(first[i - 1], first[random_below(static_cast<uint32_t>(i))]);
    }
    first = last;
  }
  std::vector<std::string> names;
  for (auto& host : hosts) names.push_back(std::move(host.host));
  return names;
}

Addresses find_addresses(dns::Resolver& resolver, const std::string& host) {
  const auto six = resolver.aaaa(host);
  const auto four = resolver.a(host);
  Addresses addresses;
  const std::size_t most = std::max(six.records.size(), four.records.size());
  for (std::size_t i = 0; i < most; ++i) {
    for (const auto* family : {&six, &four}) {
      if (i >= family->records.size()) continue;
      const std::string& address = family->records[i];
      if (addresses.all.size() < kMaxAddresses && is_host_address(address)) {
        addresses.all.push_back(address);
      }
    }
  }
  if (!addresses.all.empty()) return addresses;
  addresses.later = six.later() || four.later();
  addresses.why = six.later()    ? six.why
                  : four.later() ? four.why
                                 : "the host has no address";
  return addresses;
}

}  // namespace mail::relay
