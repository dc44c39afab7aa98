// Poller: holds the connections that wait, and says which of them need not.
//
// One epoll set, one-shot: an event is reported once and disarmed.  A thread
// gives a connection back by park(); what happens in between is not lost
// (Connection::State).  A connection's deadline is put into the heap only
// when it is earlier than what stands there, so that a busy connection rarely
// touches it; too early an entry is noticed when its time comes.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <mutex>
#include <span>
#include <vector>

#include "base/fd.h"
#include "net/connection.h"
#include "net/conversation.h"

namespace mail::net {

class Poller {
 public:
  Poller();

  // For sockets other than connections.
  void watch(int number, Source& source, std::uint32_t events);
  void unwatch(int number);

  // From any thread: waits for what `pause` says.  False when that has come
  // already, or cannot be waited for: the connection is Queued again, and the
  // caller must submit it.
  bool park(Connection& connection, const Pause& pause);

  // From any thread: something has happened for this connection.  True when
  // it was parked and is Queued now: the caller must submit it.
  static bool rouse(Connection& connection);

  // Before a connection ends: no deadline of it is left.
  void forget(Connection& connection);

  // From now on park() refuses: the worker stops.
  void hurry() { hurry_ = true; }

  // Ends a wait() that goes on, from any thread.
  void poke();

  // Waits for events until `at_most` ms have passed or a deadline comes.
  std::span<Source* const> wait(Millis at_most);

  // The connections whose deadline has come.
  std::vector<Connection*> expired();

 private:
  void set_deadline(Connection& connection, Millis until);

  Fd epoll_;
  Fd wake_;
  Source wake_source_{Source::Kind::Wake};
  std::array<epoll_event, 64> events_{};
  std::vector<Source*> sources_;
  std::mutex mutex_;
  TimerHeap heap_;
  Millis sleeping_until_ = 0;  // 0: awake
  std::atomic<bool> hurry_ = false;
};

}  // namespace mail::net
