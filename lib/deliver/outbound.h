// Outbound: brings consignments to other servers, by the senders.
//
//   add() -> route -> lookup of its domain -> queue of its site -> a sender
//         -> take(): what became of it
//
// Nothing here writes; what it holds in memory is in the spool as well.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"
#include "config/settings.h"
#include "deliver/consignment.h"
#include "deliver/destinations.h"
#include "deliver/fleet.h"
#include "deliver/parting.h"
#include "deliver/sites.h"
#include "relay/route.h"
#include "spool/queue_rows.h"
#include "spool/shelves.h"

namespace mail::deliver {

class Outbound {
 public:
  Outbound(const config::Settings& settings, std::span<const Fd> senders);

  std::size_t senders() const { return fleet_.count(); }
  int socket(std::size_t sender) const { return fleet_.socket(sender); }

  void add(Consignment consignment);

  // Sends what can be sent.
  void start();

  // A sender's socket is readable.
  void hear(std::size_t sender);

  // The parent says that a sender has died: what it had, to be added again.
  std::vector<Consignment> died(std::size_t sender);

  // What became of consignments since the last call.
  std::vector<Parting> take();

  // Takes the consignments of these messages back that no sender has.
  std::vector<Consignment> withdraw(const Messages& messages);
  // They come before all else their accounts have, wherever they wait.
  void hurry(const Messages& messages);

  // When start() has something to do by time; in steady_time().
  Micros due();
  std::size_t in_flight() const { return flights_.size(); }

  Sites& sites() { return sites_; }
  // Consignments in the queue of a site.
  std::size_t waiting_for(const std::string& site);
  // Sites whose state has changed and is to be remembered.
  std::vector<spool::SiteRow> take_changed(Micros wall);
  // It is tried at once.
  void revive(const std::string& site);

 private:
  struct Flight {
    Consignment consignment;
    Site* site = nullptr;
    std::size_t sender = 0;
    std::uint32_t slot = 0;
    bool suspect = false;  // a sender died of its message
    Micros begun = steady_time();
  };
  enum class Started { Yes, No, NoRoom };

  // Where any of these messages may wait.
  std::vector<Site*> sites_of(const Messages& messages);

  // The way of a consignment (outbound_placing.cc).
  void place(Consignment consignment);
  bool is_open(const Hop& hop);
  bool place_at(Consignment& consignment, const Hop& hop, bool last);
  bool place_at(Consignment& consignment, Site& site, bool last);
  bool answered(Consignment& consignment, const Hop& hop, const Found& found,
                bool last);
  static Parting parting_of(const Consignment& consignment);
  void part(const Consignment& consignment, Parting::Kind kind,
            const Verdict& verdict);
  void wait(const Consignment& consignment, Micros until,
            const Reason& reason);

  // Out.
  void ask();
  bool suspended_since(const Consignment& consignment, const Site& site) const;
  Started start_one(Site& site);
  Site::Slot* free_slot(Site& site);
  bool may_connect() const;
  Site::Slot& connect(Site& site);
  bool may_send(std::uint64_t account) const;
  std::expected<spool::Item, spool::Flaw> open(Message& message);
  Errand errand_for(const Consignment& consignment, const Site& site,
                    const spool::Item& item);

  // Back.
  std::optional<Ready> hear_up_to_birth(std::size_t sender);
  std::vector<Consignment> lost(std::size_t sender);
  void take_report(std::size_t sender, const Report& report);
  bool judge(Site& site, const Report& report);
  void land(Site& site, Consignment consignment, const Report& report);
  void part_at(const Consignment& consignment, const Visit& visit,
               Parting parting);
  bool has_next(const Consignment& consignment);
  void go_on(const Site& site, Consignment consignment,
             const std::string& why);
  Consignment end_flight(std::map<std::uint64_t, Flight>::iterator flight);
  void close_slot(std::size_t sender, std::uint32_t number);
  void empty_dead(Site& site);
  void go_on(Site& site);

  const relay::Routes routes_;
  const std::size_t most_connections_;
  spool::Shelves shelves_;
  Fleet fleet_;
  Destinations destinations_;
  Sites sites_;
  std::map<std::uint64_t, Flight> flights_;
  std::map<std::uint64_t, std::size_t> shares_;  // of those, by account
  std::map<std::pair<std::size_t, std::uint32_t>, Site*> slots_;
  std::uint64_t number_;
  std::size_t suspects_ = 0;  // messages in flight that a sender died of
  std::vector<Parting> partings_;
  std::set<std::string> changed_;
};

}  // namespace mail::deliver
