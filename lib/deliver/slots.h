// Slots: the connections of a sender, a thread each.
//
//   Slots slots({tools, most, tell});
//   slots.give(errand, file);     report and closed come through `tell`
//   slots.finish(5s);             what is in DATA may end; the rest is let go
//
// A slot keeps its connection for the next errand: 5 s, 60 s to a relay host;
// a hundred messages or five minutes in all.  It ends a moment after the
// scheduler has been told so, or longer when its server takes its time to say
// goodbye: an errand that needs a new one waits here for that.
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
    std::size_t most = 500;              // at a time; and errands that wait
    // Called from any thread; blocks or is quick, never throws.
    Tell tell = {};
    std::chrono::milliseconds idle{5'000};
    std::chrono::milliseconds idle_relay{60'000};
    int most_messages = 100;             // over one connection
    Micros longest = 300 * kSecond;      // that one is used for
  };
  explicit Slots(Options options);
  // Waits for all threads: for as long as their servers may take.
  ~Slots();

  void give(Errand errand, Fd file);

  // Readable when go_on() has something to do: a slot has ended.
  int wait_on() const { return ended_.number(); }
  // Of give()'s thread: what waits for a slot may begin.
  void go_on();

  // From now on no message begins to go out.  Waits until the reports of those
  // that are going have been told; false when the time was too short.
  bool finish(std::chrono::milliseconds time);

 private:
  struct Order {
    Errand errand;
    Fd file;
  };
  class Slot;
  // What a refusal has to say of an errand that has gone already.
  struct Head {
    std::uint64_t number;
    std::uint32_t slot;
    std::size_t recipients;
  };

  void begin(Order order);
  bool has_room(std::uint32_t slot) const;
  void refuse(const Head& head, std::string_view why) const;
  static Head head_of(const Errand& errand);
  void told_end() const;
  bool enter();
  void leave();

  Options options_;
  Fd ended_;
  std::deque<Order> waiting_;             // for a slot
  std::map<std::uint32_t, std::unique_ptr<Slot>> slots_;

  std::mutex mutex_;                  // of the three below
  std::condition_variable changed_;
  int going_ = 0;                     // errands past the point of no return
  bool stopping_ = false;
};

}  // namespace mail::deliver
