#include "deliver/consignment.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "deliver/errand.h"
#include "spool/fields.h"

namespace mail::deliver {
namespace {

// Half of a packet: the rest is for hosts and header fields.
constexpr std::size_t kMostOctets = kMaxErrandPacket / 2;

// What a recipient takes of the packet.
std::size_t octets_of(const spool::StoredRecipient& row) {
  const std::vector<std::string> fields = {"to", row.address, row.orcpt,
                                           row.notify};
  return spool::join_fields(fields).size();
}

std::string domain_of(std::string_view address) {
  return std::string(address.substr(address.rfind('@') + 1));
}

}  // namespace

std::vector<Consignment> consign(Message& message) {
  std::vector<Consignment> all;
  struct Open {
    std::size_t number = 0;
    std::size_t octets = 0;
  };
  std::map<std::string, Open> open;
  for (std::size_t i = 0; i < message.targets.size(); ++i) {
    const Target& target = message.targets[i];
    if (target.state != TargetState::Due || target.out ||
        target.row.account != 0) {
      continue;
    }
    const std::string domain = domain_of(target.row.address);
    const std::size_t octets = octets_of(target.row);
    auto place = open.find(domain);
    if (place == open.end() ||
        place->second.octets + octets > kMostOctets ||
        all[place->second.number].targets.size() >= kMaxErrandRecipients) {
      place = open.insert_or_assign(domain, Open{all.size()}).first;
      all.push_back({&message, domain, {}});
    }
    place->second.octets += octets;
    all[place->second.number].targets.push_back(i);
  }
  return all;
}

void keep_local(Message& message, directory::Directory& directory) {
  std::vector<Target> more;
  int n = 0;
  for (const auto& target : message.targets) n = std::max(n, target.row.n);
  for (auto& target : message.targets) {
    const bool leaves =
        target.state == TargetState::Due && !target.out &&
        target.row.account == 0;
    if (!leaves || !directory.is_local(domain_of(target.row.address))) {
      continue;
    }
    const auto places = directory.expand(target.row.address);
    if (!places) {
      target.row.last_code = "5.1.1";
      target.row.last_text = places.error().why;
      target.state = TargetState::Failed;
      continue;
    }
    const Target before = target;
    for (const auto& place : *places) {
      Target& here =
          &place == &places->front() ? target : more.emplace_back(before);
      here.row.address = place.address;
      here.row.detail = place.detail;
      here.row.account = place.account;
      here.row.site.clear();
      if (&here != &target) here.row.n = ++n;
    }
  }
  std::ranges::move(more, std::back_inserter(message.targets));
}

}  // namespace mail::deliver
