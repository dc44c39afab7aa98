// Departures: messages whose files leave the spool, or their shelf.
//
// Not in hand any more, and not to be begun before they have got there.  What
// cannot go is tried again after 1, 2, 4 ... 60 s and keeps nothing else:
//   - a file that is to be moved rests meanwhile where it lies: its message is
//     tried, held, deleted as if it had got there;
//   - of a file that is to be removed it must be on the disk that its message
//     is done with: take() has what to write.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "deliver/janitor.h"
#include "spool/queue_rows.h"

namespace mail::deliver {

// Of a message in queue.db when its file is gone: they go, or there are none.
enum class Rows { Go, None };

class Departures {
 public:
  struct Arrived {
    std::string id;
    Rows rows = Rows::None;
  };
  struct News {
    std::vector<Arrived> arrived;
    std::vector<spool::StoredMessage> stuck;  // they are to have rows
    std::vector<std::string> changed;  // change() was called for these
  };

  explicit Departures(const std::string& spool) : janitor_(spool) {}
  // Makes the thread; behind the cage.
  void start() { janitor_.start(); }

  // It has rows, which go when it is gone.
  void remove(const std::string& id);
  // It has none, and is done with; should it not go, it is to have these.
  void remove(spool::StoredMessage rows, spool::Shelf shelf);
  // To where it does not count any more.
  void condemn(const std::string& id, spool::Shelf shelf, Rows rows);
  // From shelf to shelf: it has rows, and keeps them.
  void move(const std::string& id, spool::Shelf from, spool::Shelf to);
  // What could not be moved is in hand, or what it was to be moved for is no
  // more so.
  void leave(const std::string& id);

  // Whether it is not to be begun.
  bool has(const std::string& id) const;
  bool is_under_way(const std::string& id) const;
  bool is_moving(const std::string& id) const;
  // Whether it is on its way, or waits until it can go.
  bool knows(const std::string& id) const { return all_.contains(id); }
  // How many are on their way.
  std::size_t under_way() const { return all_.size() - waiting_.size(); }
  // The rows of what is moving were changed.
  void change(const std::string& id) { all_.at(id).changed = true; }

  // Readable when take() has something: those whose change is on the disk.
  int wait_on() const { return janitor_.wait_on(); }
  News take();
  // Until then take() has something, or not.
  void hurry(Micros patience);

  // When something is to be tried again; in steady_time().
  Micros due() const;
  // Does so; those that are to be moved, to wherever they belong by now.
  std::vector<std::string> try_again();

 private:
  struct Departure {
    spool::Shelf from = spool::Shelf::In;
    Rows rows = Rows::None;
    bool moves = false;
    bool condemned = false;
    bool changed = false;
    std::optional<spool::StoredMessage> record = {};
    Micros pause = 0;
    Micros next = 0;  // 0: on its way
  };
  void go(const std::string& id, Departure departure);
  void send(const std::string& id, const Departure& departure);
  void forget(std::map<std::string, Departure>::iterator departure);
  void wait(const std::string& id, Departure& departure,
            const std::string& why);
  void complain(const std::string& id, const std::string& why);

  std::map<std::string, Departure> all_;
  std::set<std::pair<Micros, std::string>> waiting_;
  std::size_t stuck_ = 0;  // those that wait, or were tried in vain before
  Micros silent_until_ = 0;
  Micros silence_ = 0;
  Janitor janitor_;  // last: its thread ends first
};

}  // namespace mail::deliver
