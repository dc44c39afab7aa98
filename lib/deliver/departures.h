// Departures: messages whose files leave the spool, or their shelf.
//
// Not in hand any more, and not to be begun before they have got there; what
// administrators want of them meanwhile waits for that.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "deliver/janitor.h"
#include "spool/queue_control.h"

namespace mail::deliver {

// Of a message in queue.db when its file is gone: they go, or there are none.
enum class Rows { Go, None };

class Departures {
 public:
  using Order = std::pair<spool::QueueVerb, spool::QueueTarget>;
  struct Arrived {
    std::string id;
    Rows rows = Rows::None;
    std::vector<Order> orders;
  };

  explicit Departures(const std::string& spool) : janitor_(spool) {}
  // Makes the thread; behind the cage.
  void start() { janitor_.start(); }

  void remove(const std::string& id, spool::Shelf shelf, Rows rows);
  // To where it does not count any more.
  void condemn(const std::string& id, spool::Shelf shelf, Rows rows);
  // From shelf to shelf: it has rows, and keeps them.
  void move(const std::string& id, spool::Shelf from, spool::Shelf to);

  bool has(const std::string& id) const { return all_.contains(id); }
  bool empty() const { return all_.empty(); }
  bool is_moving(const std::string& id) const;
  void postpone(const Order& order);

  // Readable when take() has something: those whose change is on the disk.
  int wait_on() const { return janitor_.wait_on(); }
  std::vector<Arrived> take();
  // Until then take() has something, or not.
  void hurry(Micros patience);

 private:
  struct Departure {
    Rows rows = Rows::None;
    bool moves = false;
    std::vector<Order> orders;
  };
  std::map<std::string, Departure> all_;
  Janitor janitor_;  // last: its thread ends first
};

}  // namespace mail::deliver
