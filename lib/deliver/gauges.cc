#include "deliver/gauges.h"

#include "base/metrics.h"

namespace mail::deliver {

void show_gauges(const InHand& in_hand, const spool::QueueDb::Tally& stored,
                 const Sites& sites) {
  const auto show = [](std::string_view state, std::size_t number) {
    set_gauge(Metric::QueueMessages, static_cast<std::int64_t>(number), state);
  };
  show("arriving", in_hand.arriving);
  show("active", in_hand.active);
  show("deferred", static_cast<std::size_t>(stored.messages - stored.held));
  show("held", static_cast<std::size_t>(stored.held));
  set_gauge(Metric::QueueRecipients, stored.recipients);
  std::int64_t dead = 0;
  std::int64_t connections = 0;
  const Micros now = steady_time();
  for (const auto& [name, site] : sites.all()) {
    if (site->is_dead(now)) ++dead;
    connections += static_cast<std::int64_t>(site->slots.size());
  }
  set_gauge(Metric::Sites, dead, "dead");
  set_gauge(Metric::Sites, static_cast<std::int64_t>(sites.all().size()) - dead,
            "open");
  set_gauge(Metric::OutgoingConnections, connections);
}

}  // namespace mail::deliver
