#include "deliver/departures.h"

#include <poll.h>

#include <algorithm>
#include <limits>

#include "base/log.h"

namespace mail::deliver {
namespace {

constexpr Micros kFirstPause = kSecond;

Micros longer(Micros pause) {
  return std::clamp(2 * pause, kFirstPause, kMinute);
}

}  // namespace

void Departures::remove(const std::string& id) {
  Departure departure;
  departure.rows = Rows::Go;
  go(id, std::move(departure));
}

void Departures::remove(spool::StoredMessage rows, spool::Shelf shelf) {
  const std::string id = rows.id;
  Departure departure;
  departure.from = shelf;
  departure.record = std::move(rows);
  go(id, std::move(departure));
}

void Departures::condemn(const std::string& id, spool::Shelf shelf,
                         Rows rows) {
  Departure departure;
  departure.from = shelf;
  departure.rows = rows;
  departure.condemned = true;
  go(id, std::move(departure));
}

void Departures::move(const std::string& id, spool::Shelf from,
                      spool::Shelf to) {
  Departure departure;
  departure.from = from;
  departure.moves = true;
  const auto before = all_.find(id);
  if (before != all_.end()) departure.pause = before->second.pause;
  leave(id);
  const bool tried = departure.pause > 0;
  if (!all_.try_emplace(id, std::move(departure)).second) return;
  stuck_ += tried ? 1 : 0;
  janitor_.move(id, from, to);
}

void Departures::go(const std::string& id, Departure departure) {
  leave(id);
  const auto [entry, added] = all_.try_emplace(id, std::move(departure));
  if (added) send(id, entry->second);
}

// What had rows may have died on its way from shelf to shelf.
void Departures::send(const std::string& id, const Departure& departure) {
  if (departure.condemned) {
    janitor_.move(id, departure.from, spool::Shelf::Corrupt);
  } else if (departure.rows == Rows::Go) {
    janitor_.remove(id);
  } else {
    janitor_.remove(id, departure.from);
  }
}

void Departures::leave(const std::string& id) {
  const auto found = all_.find(id);
  if (found == all_.end() || found->second.next == 0) return;
  if (!found->second.moves) return;
  waiting_.erase({found->second.next, id});
  forget(found);
}

void Departures::forget(std::map<std::string, Departure>::iterator departure) {
  if (departure->second.pause > 0 && --stuck_ == 0) silence_ = 0;
  all_.erase(departure);
}

bool Departures::has(const std::string& id) const {
  const auto found = all_.find(id);
  if (found == all_.end()) return false;
  return !found->second.moves || found->second.next == 0;
}

bool Departures::is_under_way(const std::string& id) const {
  const auto found = all_.find(id);
  return found != all_.end() && found->second.next == 0;
}

bool Departures::is_moving(const std::string& id) const {
  const auto found = all_.find(id);
  return found != all_.end() && found->second.moves && found->second.next == 0;
}

Departures::News Departures::take() {
  News news;
  for (auto& [id, trouble] : janitor_.take()) {
    const auto found = all_.find(id);
    if (found == all_.end()) continue;
    Departure& departure = found->second;
    if (std::exchange(departure.changed, false)) news.changed.push_back(id);
    if (trouble.empty()) {
      news.arrived.push_back({id, departure.rows});
      forget(found);
      continue;
    }
    if (auto record = std::exchange(departure.record, {})) {
      news.stuck.push_back(std::move(*record));
      departure.rows = Rows::Go;
    }
    wait(id, departure, trouble);
  }
  return news;
}

void Departures::wait(const std::string& id, Departure& departure,
                      const std::string& why) {
  stuck_ += departure.pause > 0 ? 0 : 1;
  departure.pause = longer(departure.pause);
  departure.next = steady_time() + departure.pause;
  waiting_.insert({departure.next, id});
  complain(id, why);
}

// However many there are, and however often they are tried.
void Departures::complain(const std::string& id, const std::string& why) {
  const Micros now = steady_time();
  if (silence_ > 0 && now < silent_until_) return;
  silence_ = longer(silence_);
  silent_until_ = now + silence_;
  log_error("spool-change-failed",
            {{"id", id}, {"reason", why}, {"files", stuck_}});
}

void Departures::hurry(Micros patience) {
  janitor_.hurry();
  pollfd ready{janitor_.wait_on(), POLLIN, 0};
  ::poll(&ready, 1, static_cast<int>(patience / kMillisecond));
}

Micros Departures::due() const {
  return waiting_.empty() ? std::numeric_limits<Micros>::max()
                          : waiting_.begin()->first;
}

std::vector<std::string> Departures::try_again() {
  std::vector<std::string> moves;
  const Micros now = steady_time();
  while (due() <= now) {
    const std::string id = waiting_.extract(waiting_.begin()).value().second;
    Departure& departure = all_.at(id);
    if (departure.moves) {
      moves.push_back(id);
      departure.next = now + departure.pause;
      waiting_.insert({departure.next, id});
    } else {
      departure.next = 0;
      send(id, departure);
    }
  }
  return moves;
}

}  // namespace mail::deliver
