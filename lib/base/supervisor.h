// Supervisor: the parent that keeps a program's processes alive.
//
//   Supervisor supervisor;
//   supervisor.add({.name = "worker 0", .run = [] { return work(); }});
//   supervisor.on_hangup([] { reload(); });
//   return supervisor.run();
//
// A child that ends is started again after 0, 1, 2, 4 ... 60 s; after 60 s of
// life the count begins anew.  Nothing a child does ends the parent.  SIGTERM
// or SIGINT: TERM to all, 5 s later KILL, then run() returns.  A child dies
// with its parent (PR_SET_PDEATHSIG).  No thread may exist while run() forks.
// The service manager is told (base/readiness.h): ready when every child was
// started, reloading around the call of SIGHUP, stopping.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/fd.h"

namespace mail {

// How a child ended.  `signal` 0: it left by itself with `code`.
struct Death {
  int child = 0;
  std::string name;
  pid_t pid = 0;
  int code = 0;
  int signal = 0;
};

class Supervisor {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Child {
    std::string name;
    // In the parent, before each start: makes what the child inherits.
    std::function<void()> prepare;
    // In the child; what it returns is the exit code.  It leaves by _exit.
    std::function<int()> run;
    // When not empty: executed in the child once `run`, if any, returned 0.
    std::vector<std::string> argv;
    // Ends by itself, and is not started again.
    bool once = false;
  };

  Supervisor();
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Keeps one more child from now on (from run(), or at once inside it).
  // Returns its number, which is never used again.
  int add(Child child);

  // Not started again when it ends.
  void retire(int child);

  // Sends a signal to one child or to all that live.
  void send(int child, int signal);
  void send_all(int signal);

  // SIGTERM to all that live; each is started again at once, and not as one
  // that died.
  void renew_all();

  // 0 when it does not live now.
  pid_t pid(int child) const;

  // Called in the parent: for each death, before any restart; at SIGHUP; and
  // about every second.
  void on_death(std::function<void(const Death&)> call) { death_ = call; }
  void on_hangup(std::function<void()> call) { hangup_ = call; }
  void on_tick(std::function<void()> call) { tick_ = call; }

  // Until SIGTERM or SIGINT, stop(), or until no child is left.  Returns 0.
  int run();

  // Makes run() end as by SIGTERM; for the calls above.
  void stop() { stopping_ = true; }

  // The caller tells itself when all is ready.
  void ready_later() { told_ready_ = true; }

  // How long children have after SIGTERM; 5 s.
  void grace(std::chrono::milliseconds time) { grace_ = time; }

 private:
  struct Kept {
    Child child;
    pid_t pid = 0;
    bool retired = false;
    bool renewing = false;
    int failures = 0;
    Time started;
    Time due;  // when it is to be started, while pid is 0
  };

  void forget_retired();
  void start_due();
  void start(int number, Kept& kept);
  [[noreturn]] void become(const Child& child, pid_t parent);
  void hang_up();
  void reap();
  void bury(int number, Kept& kept, int status);
  void take_signals(std::chrono::milliseconds at_most);
  std::chrono::milliseconds until_due() const;
  bool any_alive() const;
  void end_all();

  std::map<int, Kept> children_;
  int next_ = 1;
  bool stopping_ = false;
  bool told_ready_ = false;
  std::chrono::milliseconds grace_{5000};
  std::function<void(const Death&)> death_;
  std::function<void()> hangup_;
  std::function<void()> tick_;
  sigset_t before_{};  // the signal mask children get back
  Fd signals_;
};

}  // namespace mail
