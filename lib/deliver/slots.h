// Slots: the connections of a sender, a thread each.
//
//   Slots slots({tools, most, tell});
//   slots.give(errand, file);     report and closed come through `tell`
//   slots.finish(5s);             what is in DATA may end; the rest is let go
//
// A slot keeps its connection for the next errand: 5 s, 60 s to a relay host;
// a hundred messages or five minutes in all.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "base/fd.h"
#include "base/thread.h"
#include "deliver/errand.h"
#include "relay/client.h"

namespace mail::deliver {

class Slots {
 public:
  using Tell = std::function<void(const FromSender&)>;
  struct Options {
    const relay::Tools& tools;
    std::size_t most = 500;
    Tell tell;   // called from any thread; blocks or is quick, never throws
    std::chrono::milliseconds idle{5'000};
    std::chrono::milliseconds idle_relay{60'000};
  };
  explicit Slots(Options options);
  // Waits for all threads: for as long as their servers may take.
  ~Slots();

  void give(Errand errand, Fd file);

  // From now on no message begins to go out.  Waits until the reports of those
  // that are going have been told; false when the time was too short.
  bool finish(std::chrono::milliseconds time);

 private:
  struct Order {
    Errand errand;
    Fd file;
  };
  class Slot;

  bool enter();
  void leave();

  Options options_;
  std::map<std::uint32_t, std::unique_ptr<Slot>> slots_;

  std::mutex mutex_;                  // of the three below
  std::condition_variable changed_;
  int going_ = 0;                     // errands past the point of no return
  bool stopping_ = false;
};

}  // namespace mail::deliver
