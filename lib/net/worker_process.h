// WorkerProcess: one process that accepts connections and serves them.
//
// The calling thread is the poller: it accepts, and gives what can go on to
// the threads of the pool.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "net/address.h"
#include "net/connection.h"
#include "net/conversation.h"
#include "net/limit_table.h"
#include "net/poller.h"
#include "net/pool.h"
#include "net/server.h"
#include "net/tls_context.h"

namespace mail::net {

// What the parent has made for its workers.
struct Inherited {
  const ServerSettings& settings;
  const Capacity& capacity;
  const std::vector<Listener>& listeners;
  const AddressLimits& address_limits;
  LimitTable& limits;
  const TlsContext* tls;  // may be absent
  int number = 0;
  int column = 0;  // of the limit table
};

class WorkerProcess final : public Worker, public Hub {
 public:
  explicit WorkerProcess(const Inherited& inherited);
  ~WorkerProcess() override;

  int number() const override { return in_.number; }
  bool has_tls() const override { return in_.tls != nullptr; }
  void serve(const SessionFactory& factory) override;

 private:
  struct Listening : Source {
    explicit Listening(const Listener& l)
        : Source(Kind::Listener), listener(l) {}
    const Listener& listener;
  };

  // net::Hub
  void wake(Connection& connection) override;
  bool join_account(Connection& connection, std::uint64_t account) override;

  void loop();
  void handle(Source& source);
  void take_signals();
  void look_after(Millis now);
  bool over();

  void begin_listening();
  void end_listening();
  void pause_listening(Millis time);
  void accept_some(const Listener& listener);
  bool accept_one(const Listener& listener);
  std::optional<Refused> admit(Connection& connection);
  void refuse(const Connection& connection, Refused why);
  void tell_refusal(const Connection& connection, Refused why);

  void run(Pool::Task& task, Pool::Scratch& scratch);
  void rouse(Connection& connection);
  void rouse_all();
  void close(Connection& connection);
  void release_rows(Connection& connection);
  void bury();
  std::size_t alive();

  const Inherited in_;
  Poller poller_;
  Fd signals_;
  Source signals_source_{Source::Kind::Signals};
  std::vector<Listening> listening_;
  std::optional<Pool> pool_;
  std::optional<House> house_;

  std::mutex mutex_;  // of the two below
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> dead_;  // the poller may hold them

  std::atomic<bool> stopping_ = false;
  bool listens_ = false;                 // sockets are in the epoll set
  std::atomic<bool> accepting_ = false;  // until drained or stopped
  bool overloaded_ = false;
  bool left_to_others_ = false;  // does not listen, having more than them
  Millis listen_again_ = kNever;
  Millis last_call_ = kNever;  // when a stop has taken too long
  int refused_ = 0;            // since the last line about it
  Millis tell_refused_at_ = 0;
  Millis trim_at_ = 0;
  std::size_t trimmed_from_ = 0;  // connections since the last trim, at most
};

}  // namespace mail::net
