// PollLoop: an epoll loop over the load generators' connections.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"

namespace mail::bench {

// Told when its descriptor has input (or room, after a full write).
class Ready {
 public:
  virtual ~Ready() = default;
  virtual void ready() = 0;
};

class PollLoop {
 public:
  PollLoop();

  // Watches `fd` until it is closed; `who` must live as long.
  void watch(int fd, Ready& who);

  // Ends somebody who may be in the middle of ready(), or has an event that
  // was not served yet: when neither is so any more.
  void retire(std::unique_ptr<Ready> who) {
    retired_.push_back(std::move(who));
  }

  // Serves events until `done`; Fault after `at_most`.
  void run_until(const std::function<bool()>& done, Micros at_most);

 private:
  Fd epoll_;
  std::vector<std::unique_ptr<Ready>> retired_;
};

// A connection to 127.0.0.1, without delay.
Fd connect_to(int port);
void set_nonblocking(int fd);

// "u%d@x" with the number put in.
std::string numbered(const std::string& pattern, int number);

}  // namespace mail::bench
