// ImapClient: one connection of the load generator to any IMAP server.
//
//   ImapClient client(loop, {.port = 10143});
//   client.send("LOGIN u1 pw", [&](const Answer& answer) { ... });
//
// One command at a time; literals of a command stand in it as they are
// ("APPEND INBOX {5+}\r\nhello").  It understands no more of what comes than
// it must: where a line ends, how many messages there are, and the tagged
// answer.  So it takes a fraction of a core where the server takes the rest.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fd.h"
#include "tests/bench/poll_loop.h"

struct ssl_st;

namespace mail::bench {

struct Answer {
  bool ok = false;
  std::string text;       // the tagged line
  std::size_t bytes = 0;  // of the whole response
  Micros took = 0;
};

struct ImapPeer {
  int port = 0;
  bool tls = false;
  bool resume = false;  // TLS sessions of earlier connections
};

class ImapClient : public Ready {
 public:
  using Then = std::function<void(const Answer&)>;

  ImapClient(PollLoop& loop, const ImapPeer& peer);
  ~ImapClient() override;
  void ready() override;

  // The first command may be given at once: it waits for the greeting.
  void send(const std::string& command, Then then);
  // Bytes outside of a command: DONE.
  void send_raw(std::string_view bytes);
  // Whether the server said "+" since the last command.
  bool continued() const { return continued_; }
  bool waiting() const { return then_ != nullptr; }

  // What the server last said of the selected mailbox.
  long exists() const { return exists_; }
  void on_untagged(std::function<void(std::string_view)> told) {
    told_ = std::move(told);
  }

 private:
  struct Tls;
  void read();
  void take(std::string_view bytes);
  void line(std::string_view line);
  void untagged(std::string_view line);
  void flush();
  bool connected();

  std::unique_ptr<Tls> tls_;
  Fd fd_;
  std::string out_;
  std::string partial_;       // of a line whose end has not come
  std::size_t literal_ = 0;   // bytes of it still to come
  bool in_response_ = false;  // behind a literal: the same response goes on
  bool greeted_ = false;
  bool continued_ = false;
  long exists_ = 0;
  std::uint64_t count_ = 0;
  std::string tag_;
  Then then_;
  Answer answer_;
  Micros started_ = 0;
  std::function<void(std::string_view)> told_;
};

// Sends and waits; Fault unless the answer is OK.
Answer ask(PollLoop& loop, ImapClient& client, const std::string& command);

}  // namespace mail::bench
