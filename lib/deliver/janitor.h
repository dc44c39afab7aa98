// Janitor: takes names out of the spool, in groups.
//
// A thread of its own: unlinks and renames what it was given meanwhile, syncs
// each touched folder once, and reports.  So the scheduler never waits for a
// sync, and a thousand removals cost a few.  What fails is told, and keeps
// nothing else: when to try it again is for others to say.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "spool/shelves.h"

namespace mail::deliver {

class Janitor {
 public:
  explicit Janitor(const std::string& spool);
  // Finishes what it has.
  ~Janitor();
  Janitor(const Janitor&) = delete;
  Janitor& operator=(const Janitor&) = delete;

  // Makes the thread; behind the cage.
  void start();

  void remove(std::string id, spool::Shelf shelf);
  // Wherever it lies.
  void remove(std::string id);
  // From there, or wherever else it lies.
  void move(std::string id, spool::Shelf from, spool::Shelf to);

  // What it has is carried out at once: somebody waits for it.
  void hurry();

  // Readable when take() has something.
  int wait_on() const { return event_.number(); }

  struct Finished {
    std::string id;
    std::string trouble;  // empty: its change is on the disk
  };
  std::vector<Finished> take();

 private:
  struct Order {
    std::string id;
    spool::Shelf from;
    spool::Shelf to;  // the same: remove
    bool anywhere = false;
  };
  void work();
  std::vector<Finished> carry_out(const std::vector<Order>& orders);
  void carry_out(const Order& order);
  void put(Order order);

  spool::Shelves shelves_;
  Fd event_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Order> orders_;
  std::vector<Finished> finished_;
  bool stopping_ = false;
  bool hurried_ = false;
  std::thread thread_;
};

}  // namespace mail::deliver
