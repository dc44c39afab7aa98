#include "deliver/departures.h"

#include <poll.h>

namespace mail::deliver {

void Departures::remove(const std::string& id, spool::Shelf shelf, Rows rows) {
  all_.emplace(id, Departure{rows, false, {}});
  // What had rows may have died on its way from shelf to shelf.
  if (rows == Rows::Go) return janitor_.remove(id);
  janitor_.remove(id, shelf);
}

void Departures::condemn(const std::string& id, spool::Shelf shelf,
                         Rows rows) {
  all_.emplace(id, Departure{rows, false, {}});
  janitor_.move(id, shelf, spool::Shelf::Corrupt);
}

void Departures::move(const std::string& id, spool::Shelf from,
                      spool::Shelf to) {
  all_.emplace(id, Departure{Rows::None, true, {}});
  janitor_.move(id, from, to);
}

bool Departures::is_moving(const std::string& id) const {
  const auto found = all_.find(id);
  return found != all_.end() && found->second.moves;
}

void Departures::postpone(const Order& order) {
  all_.at(order.second.id).orders.push_back(order);
}

std::vector<Departures::Arrived> Departures::take() {
  std::vector<Arrived> arrived;
  for (auto& id : janitor_.take()) {
    auto left = all_.extract(id);
    if (!left) continue;
    arrived.push_back(
        {std::move(id), left.mapped().rows, std::move(left.mapped().orders)});
  }
  return arrived;
}

void Departures::hurry(Micros patience) {
  janitor_.hurry();
  pollfd ready{janitor_.wait_on(), POLLIN, 0};
  ::poll(&ready, 1, static_cast<int>(patience / kMillisecond));
}

}  // namespace mail::deliver
