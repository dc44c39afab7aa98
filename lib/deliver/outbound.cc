#include "deliver/outbound.h"

#include <algorithm>
#include <iterator>

#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "deliver/orders.h"
#include "net/own_addresses.h"

namespace mail::deliver {
namespace {

using Outcome = Verdict::Outcome;

// Larger messages are compared with their checksum by whoever delivers them:
// the scheduler has no time for that.
constexpr std::int64_t kMostVerified = 1 << 20;
constexpr Micros kAfterNoRoom = 50 * kMillisecond;

Verdict first_verdict(const Report& report) {
  return report.verdicts.empty() ? Verdict{} : report.verdicts.front();
}

// How long a site goes on from message to message while others wait for a
// connection.
constexpr Micros kTurn = kSecond;

}  // namespace

Outbound::Outbound(const config::Settings& settings,
                   std::span<const Fd> senders)
    : routes_(settings, net::own_addresses()),
      most_connections_(static_cast<std::size_t>(settings.relay_connections)),
      shelves_(settings.spool()),
      fleet_(senders),
      sites_(settings),
      number_(random_number() >> 2) {}

void Outbound::start() {
  fleet_.unblock();
  ask();
  std::vector<Site*> again;
  while (Site* site = sites_.next()) {
    const Started started = start_one(*site);
    if (started == Started::Yes) sites_.wake(*site);
    if (started == Started::NoRoom) again.push_back(site);
  }
  for (Site* site : again) sites_.wake(*site);
}

Micros Outbound::due() {
  const bool waits =
      fleet_.count() > 0 && (sites_.awake() > 0 || destinations_.next());
  return steady_time() + (waits ? kAfterNoRoom : kHour);
}

void Outbound::ask() {
  while (auto lookup = destinations_.next()) {
    const auto sender = fleet_.idlest();
    if (!sender || !fleet_.send(*sender, std::move(*lookup))) return;
    destinations_.sent(*sender);
  }
}

// No account takes so many connections, to servers that hang, that none is
// left for others: at most four times as many as are free.
bool Outbound::may_send(std::uint64_t account) const {
  if (flights_.size() >= most_connections_) return false;
  const auto share = shares_.find(account);
  return share == shares_.end() ||
         share->second < 4 * (most_connections_ - flights_.size());
}

// A connection that waits for the next message.
Site::Slot* Outbound::free_slot(Site& site) {
  for (Site::Slot& slot : site.slots) {
    if (!slot.busy && fleet_.can_take(slot.sender)) return &slot;
  }
  return nullptr;
}

// Those that wait soon end by themselves.
bool Outbound::may_connect() const {
  return slots_.size() < 2 * most_connections_ && fleet_.idlest();
}

Site::Slot& Outbound::connect(Site& site) {
  const std::size_t sender = *fleet_.idlest();
  site.slots.push_back({sender, fleet_.new_slot(sender)});
  slots_.emplace(std::pair(sender, site.slots.back().number), &site);
  return site.slots.back();
}

// Whether an administrator has stopped what waits for a connection already.
bool Outbound::suspended_since(const Consignment& c, const Site& site) const {
  using Kind = spool::Suspension::Kind;
  const Micros now = wall_time();
  return sites_.suspended(Kind::Domain, c.domain, now) ||
         sites_.suspended(Kind::Site, site.name(), now);
}

Outbound::Started Outbound::start_one(Site& site) {
  if (site.queue.empty() || !site.may_start(steady_time())) {
    return Started::No;
  }
  auto consignment = site.queue.next(
      [this](std::uint64_t account) { return may_send(account); });
  if (!consignment) return Started::NoRoom;
  if (suspended_since(*consignment, site)) {
    place(std::move(*consignment));
    return Started::Yes;
  }
  Message& message = *consignment->message;
  // To look for room costs nothing; to open its file does.
  Site::Slot* slot = free_slot(site);
  if ((message.alone && suspects_ > 0) || (!slot && !may_connect())) {
    site.queue.put_back(std::move(*consignment));
    return Started::NoRoom;
  }
  const auto item = open(message);
  if (!item) {
    const bool gone = item.error() == spool::Flaw::Gone;
    Verdict verdict;
    verdict.text = name_of(item.error());
    part(*consignment, gone ? Parting::Kind::Gone : Parting::Kind::Damaged,
         verdict);
    return Started::Yes;
  }
  Errand errand = errand_for(*consignment, site, *item);
  errand.number = ++number_;
  // A packet that is cut short would be answered by nobody.
  if (to_packet(errand).size() > kMaxErrandPacket) {
    part(*consignment, Parting::Kind::Tried,
         {Outcome::Permanent, 0, "5.3.4", "its added fields are too large"});
    return Started::Yes;
  }
  if (!slot) slot = &connect(site);
  errand.slot = slot->number;
  if (!fleet_.send(slot->sender, std::move(errand), item->file)) {
    site.queue.put_back(std::move(*consignment));
    return Started::NoRoom;
  }
  slot->busy = true;
  ++site.busy;
  if (site.turn == 0) site.turn = steady_time();
  if (message.alone) ++suspects_;
  ++shares_[message.account];
  observe(Metric::QueueTime, steady_time() - consignment->since, "remote");
  flights_.emplace(number_, Flight{std::move(*consignment), &site, slot->sender,
                                   slot->number, message.alone});
  return Started::Yes;
}

std::expected<spool::Item, spool::Flaw> Outbound::open(Message& message) {
  const bool verify = !message.verified && message.size <= kMostVerified;
  const auto look = [&](spool::Shelf shelf) {
    return verify ? shelves_.open_verified(shelf, message.id)
                  : shelves_.open(shelf, message.id);
  };
  auto item = look(message.shelf);
  // It may be on its way to another shelf, or never have got there.
  for (const auto shelf : {spool::Shelf::In, spool::Shelf::Deferred,
                           spool::Shelf::Hold, spool::Shelf::Deferred}) {
    if (item || item.error() != spool::Flaw::Gone) break;
    item = look(shelf);
  }
  message.verified = message.verified || (verify && item);
  return item;
}

Errand Outbound::errand_for(const Consignment& c, const Site& site,
                            const spool::Item& item) {
  const spool::Envelope& envelope = item.envelope;
  const auto& targets = c.message->targets;
  auto route = routes_.decide(targets[c.targets.front()].row.address,
                              [](std::string_view) { return false; });
  Errand errand;
  errand.id = c.message->id;
  errand.hop = std::move(route.hops[std::min(c.hop, route.hops.size() - 1)]);
  if (errand.hop.kind == Hop::Kind::Mx) {
    errand.hosts = site.hosts;
    const Found* found = destinations_.find(errand.hop.name, steady_time());
    errand.secure = found && found->secure;
  }
  errand.length = item.footer.message_length;
  errand.prefix = envelope.prefix;
  errand.sender = envelope.sender;
  errand.ret = envelope.ret;
  errand.envid = envelope.envid;
  errand.smtputf8 = envelope.smtputf8;
  errand.has_8bit = envelope.has_8bit;
  errand.has_leading_dot = envelope.has_leading_dot;
  errand.require_tls = envelope.require_tls;
  errand.verify = !c.message->verified;
  for (const auto index : c.targets) {
    const auto& row = targets[index].row;
    errand.recipients.push_back({row.address, row.orcpt, row.notify});
  }
  return errand;
}

void Outbound::hear(std::size_t sender) {
  while (hear_up_to_birth(sender)) {
    // Of the one before nobody has told yet.
    for (auto& c : lost(sender)) place(std::move(c));
  }
}

// What has come of a sender; up to where the next one says that it has
// started, when it has.
std::optional<Ready> Outbound::hear_up_to_birth(std::size_t sender) {
  while (auto packet = fleet_.receive(sender)) {
    if (auto* found = std::get_if<Found>(&*packet)) {
      for (auto& c : destinations_.take(std::move(*found), steady_time())) {
        place(std::move(c));
      }
    } else if (const auto* report = std::get_if<Report>(&*packet)) {
      take_report(sender, *report);
    } else if (const auto* closed = std::get_if<Closed>(&*packet)) {
      close_slot(sender, closed->slot);
    } else {
      return std::get<Ready>(*packet);
    }
  }
  return {};
}

void Outbound::take_report(std::size_t sender, const Report& report) {
  const auto flight = flights_.find(report.number);
  if (flight == flights_.end() || flight->second.sender != sender) return;
  Site& site = *flight->second.site;
  const std::uint32_t number = flight->second.slot;
  observe(Metric::AttemptTime, steady_time() - flight->second.begun, "remote");
  Consignment consignment = end_flight(flight);
  for (Site::Slot& slot : site.slots) {
    if (slot.sender == sender && slot.number == number) slot.busy = false;
  }
  if (!report.open) close_slot(sender, number);
  if (report.damaged) {
    part(consignment, Parting::Kind::Damaged, first_verdict(report));
    return sites_.wake(site);
  }
  // Who has gone to a server has read the file first.
  if (!report.visits.empty()) consignment.message->verified = true;
  const bool changed = judge(site, report);
  if (changed) changed_.insert(site.name());
  land(site, std::move(consignment), report);
  if (changed && site.is_dead(steady_time())) empty_dead(site);
  if (report.open) return go_on(site);
  sites_.wake(site);
}

// Where connections are scarce an open one is not given away for each message:
// others may need a minute for theirs.
void Outbound::go_on(Site& site) {
  if (steady_time() - site.turn < kTurn) return sites_.wake_first(site);
  site.turn = 0;
  sites_.wake(site);
}

Consignment Outbound::end_flight(
    std::map<std::uint64_t, Flight>::iterator flight) {
  Consignment consignment = std::move(flight->second.consignment);
  flight->second.site->busy -= 1;
  const auto share = shares_.find(consignment.message->account);
  if (--share->second == 0) shares_.erase(share);
  if (flight->second.suspect) --suspects_;
  flights_.erase(flight);
  return consignment;
}

void Outbound::empty_dead(Site& site) {
  for (auto& c : site.queue.take_all()) place(std::move(c));
}

void Outbound::close_slot(std::size_t sender, std::uint32_t number) {
  const auto slot = slots_.find({sender, number});
  if (slot == slots_.end()) return;
  Site& site = *slot->second;
  const bool out = std::erase_if(site.slots, [&](const Site::Slot& one) {
    return one.sender == sender && one.number == number && !one.busy;
  });
  if (!out) return;  // its errand comes too late for it, and opens anew
  slots_.erase(slot);
  fleet_.release_slot(sender);
  sites_.wake(site);
}

std::vector<Consignment> Outbound::died(std::size_t sender) {
  // What it has told still counts: it is not to be sent once more.
  const auto next = hear_up_to_birth(sender);
  fleet_.died(sender);
  auto had = lost(sender);
  if (next) fleet_.born(sender, *next);
  return had;
}

std::vector<Consignment> Outbound::lost(std::size_t sender) {
  std::vector<Consignment> had;
  for (auto flight = flights_.begin(); flight != flights_.end();) {
    const auto here = flight++;
    if (here->second.sender == sender) had.push_back(end_flight(here));
  }
  for (auto slot = slots_.begin(); slot != slots_.end();) {
    if (slot->first.first != sender) {
      ++slot;
      continue;
    }
    Site& site = *slot->second;
    std::erase_if(site.slots,
                  [&](const Site::Slot& one) { return one.sender == sender; });
    sites_.wake(site);
    slot = slots_.erase(slot);
  }
  destinations_.died(sender);
  return had;
}

std::vector<Parting> Outbound::take() { return std::exchange(partings_, {}); }

std::vector<Site*> Outbound::sites_of(const Messages& messages) {
  std::set<Site*> found;
  for (const Message* message : messages) {
    for (const auto& target : message->targets) {
      if (Site* site = sites_.find(target.row.site)) found.insert(site);
    }
  }
  return {found.begin(), found.end()};
}

std::vector<Consignment> Outbound::withdraw(const Messages& messages) {
  auto out = destinations_.withdraw(messages);
  for (Site* site : sites_of(messages)) {
    std::ranges::move(site->queue.withdraw(messages), std::back_inserter(out));
  }
  return out;
}

void Outbound::hurry(const Messages& messages) {
  for (Site* site : sites_of(messages)) site->queue.hurry(messages);
}

std::size_t Outbound::waiting_for(const std::string& site) {
  const Site* found = sites_.find(site);
  return found ? found->queue.size() : 0;
}

std::vector<spool::SiteRow> Outbound::take_changed(Micros wall) {
  std::vector<spool::SiteRow> rows;
  for (const auto& name : std::exchange(changed_, {})) {
    if (const Site* site = sites_.find(name)) {
      rows.push_back(sites_.to_row(*site, wall));
    }
  }
  return rows;
}

void Outbound::revive(const std::string& name) {
  if (Site* site = sites_.find(name)) {
    site->revive();
    changed_.insert(name);
    sites_.wake(*site);
  }
}

}  // namespace mail::deliver
