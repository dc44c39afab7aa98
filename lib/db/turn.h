// Turn: whose turn it is to write to a database, fairly.
//
// SQLite's own busy handler starves one of two writers.  So a writer takes an
// in-process mutex, first come first served, then flock on the file `write`,
// holding the file `gate` while it waits, and only then begins.  The one that
// waits at the gate is the next, whatever process it is in.
//
//   Turns turns(folder + "/write", folder + "/gate");   // one a process
//   Turn turn(turns, 5s);                                // by scope
//   Transaction change(db);
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>

#include "base/fd.h"

namespace mail::db {

class Turns {
 public:
  // The files are made when missing; nothing is in them.
  Turns(const std::string& write_file, const std::string& gate_file);

 private:
  friend class Turn;
  using Deadline = std::chrono::steady_clock::time_point;

  void enter(Deadline deadline);
  void take_files(Deadline deadline);
  void leave();

  std::mutex mutex_;
  std::condition_variable moved_;
  std::uint64_t next_ticket_ = 0;
  std::set<std::uint64_t> queue_;  // the first one has its turn
  Fd write_;
  Fd gate_;
};

class Turn {
 public:
  // Waits its turn; Fault "busy" after `patience`.
  Turn(Turns& turns, std::chrono::milliseconds patience);
  ~Turn();
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Turns& turns_;
};

}  // namespace mail::db
