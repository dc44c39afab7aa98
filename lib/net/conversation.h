// Conversation: one turn of a connection on a thread of the pool.
//
//   Opening --> Talking <--> Handshaking      stopping: farewell, Closing
//      |           |              |
//      +-----------+--> Closing <-+
//
// Reads what is at hand, gives it to the session, sends what it answers, and
// goes on until there is nothing to do; then says what to wait for.
#pragma once

#include <atomic>
#include <optional>

#include "net/connection.h"
#include "net/server.h"

namespace mail::net {

class TlsContext;

// What a connection waits for between two turns.
struct Pause {
  enum class For { Events, NextTurn, Nothing };
  For what = For::Nothing;   // Nothing: the connection has ended
  std::uint32_t events = 0;  // of epoll(7)
  Millis until = kNever;
  bool wakeable = false;  // a wake-up of the session counts
};

// What all conversations of a worker have in common.
struct House {
  const SessionFactory& factory;
  const ServerSettings& settings;
  const TlsContext* tls;  // may be absent
  Pool& pool;
  const std::atomic<bool>& stopping;
};

class Conversation final : private Input, private Output {
 public:
  Conversation(const House& house, Connection& connection,
               Pool::Scratch& scratch);

  // Never throws: what goes wrong ends the connection.
  Pause turn();

 private:
  // net::Input and net::Output, as the session sees them.
  std::string_view bytes() const override;
  void use(std::size_t count) override;
  bool ended() const override { return c_.ended; }
  void write(std::string_view bytes) override;
  void write_file(int file, std::int64_t offset, std::int64_t length) override;
  void flush() override;

  Pause go();
  bool comes_at_once(const Pause& pause);
  std::optional<Pause> advance();
  std::optional<Pause> open();
  std::optional<Pause> shake_hands();
  std::optional<Pause> talk();
  std::optional<Pause> take_input();
  std::optional<Pause> start_tls();
  std::optional<Pause> start_closing();
  std::optional<Pause> linger();
  void say_farewell();
  void serve();
  void greet();
  void waits_for(Wait wait, bool renew);

  bool fill();
  void make_room();
  void keep();

  bool send_unsent();
  bool send_kept();
  std::string_view push(std::string_view bytes);
  void write_now(std::string_view bytes);
  void wait_until_writable(Step::Is want, Millis until);
  Pause wait_for_peer_to_read();

  const House& house_;
  Connection& c_;
  std::vector<char>& input_;
  std::string& output_;
  std::size_t begin_ = 0;  // of what is unused in input_
  std::size_t end_ = 0;
  bool active_ = false;  // the session used or wrote something
  bool served_ = false;  // it spoke since a thread stayed for the answer
};

}  // namespace mail::net
