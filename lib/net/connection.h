// Connection: a peer, its session, and what is kept between two turns.
//
// While it waits it is one of these, its socket, and what OpenSSL holds: no
// buffers, no thread.  Who may touch it is said by `state`: the poller owns
// what is Parked, one thread of the pool what is Running.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "net/pool.h"
#include "net/session.h"
#include "net/timer_heap.h"
#include "net/transport.h"

namespace mail::net {

// What an event of the poller is about.
struct Source {
  enum class Kind : std::uint8_t { Connection, Listener, Wake, Signals };
  explicit Source(Kind k) : kind(k) {}
  const Kind kind;
};

struct Connection;

// What the worker does for its connections.
class Hub {
 public:
  virtual ~Hub() = default;
  virtual void wake(Connection& connection) = 0;
  virtual bool join_account(Connection& connection, std::uint64_t account) = 0;
};

struct Connection final : Source, Pool::Task, TimerHeap::Entry, Link {
  enum class State : std::uint8_t {
    Queued,    // waits for a thread
    Running,   // a thread serves it
    Parking,   // the thread gives it to the poller
    Notified,  // the same, and something has happened: the thread goes on
    Parked,    // the poller waits for its next event
  };
  enum class Stage : std::uint8_t { Opening, Handshaking, Talking, Closing };

  Connection(Hub& worker, Fd socket, Peer who)
      : Source(Kind::Connection),
        hub(worker),
        peer(std::move(who)),
        transport(std::move(socket)) {}

  void wake() override { hub.wake(*this); }
  bool join_account(std::uint64_t account) override {
    return hub.join_account(*this, account);
  }

  Hub& hub;
  const Peer peer;
  Transport transport;
  std::string unread;  // came, and was not used by the session
  std::string unsent;  // said, and not taken by the socket yet
  std::unique_ptr<Session> session;

  Wait wait;
  Millis due = 0;         // when `wait` is over
  Millis unsent_due = 0;  // when the peer must have taken `unsent`

  std::atomic<Millis> parked_until = kNever;
  std::atomic<State> state = State::Queued;
  std::atomic<bool> woken = false;
  Stage stage = Stage::Opening;
  bool ended = false;        // the peer has closed its side
  bool told_ended = false;   // and the session was told
  bool watched = false;      // the poller knows its socket
  bool lost = false;         // the poller could not take it: it ends
  bool for_reading = false;  // OpenSSL must read before `unsent` can go
  std::uint32_t discarded = 0;

  std::uint64_t address_row = 0;  // in the limit table; 0: not counted
  std::uint64_t account_row = 0;
  std::size_t place = 0;  // among all connections of the worker
};

}  // namespace mail::net
