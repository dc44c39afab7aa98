// SessionDriver: a conversation with a session, by strings, without sockets.
//
//   SessionDriver driver(factory, {.listener = "smtp"});
//   driver.greet()                  // "220 ..."
//   driver.send("NOOP\r\n")         // "250 ..."
//
// Does what the server does: gives what is at hand, keeps what is left, does
// TLS on demand (with facts made up), lets delays pass at once (they are
// added up in delayed()), closes when told.  For tests and fuzzers.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "net/session.h"

namespace mail {

// Bytes at hand from a string.
class StringInput : public net::Input {
 public:
  std::string_view bytes() const override;
  void use(std::size_t count) override;
  bool ended() const override { return ended_; }

  void add(std::string_view more);
  void end() { ended_ = true; }

 private:
  std::string bytes_;
  std::size_t used_ = 0;
  bool ended_ = false;
};

class StringOutput : public net::Output {
 public:
  void write(std::string_view bytes) override { bytes_ += bytes; }
  void write_file(int file, std::int64_t offset, std::int64_t length) override;
  void flush() override {}

  // What was written since the last call.
  std::string take();

 private:
  std::string bytes_;
};

class SessionDriver : public net::Link {
 public:
  SessionDriver(const net::SessionFactory& factory, net::Peer peer);

  // Each returns what the session answered.
  std::string greet();
  std::string send(std::string_view bytes);
  std::string wait();      // at_most passes: expired()
  std::string woken();     // serve(), when something called wake()
  std::string finish();    // the peer closes its side
  std::string farewell();  // the server stops

  bool closed() const { return closed_; }
  bool secure() const { return secure_; }
  bool awake() const { return awake_; }  // wake() was called, not served yet
  std::chrono::milliseconds delayed() const { return delayed_; }
  net::Wait waits() const { return wait_; }

  // What TLS will come to, and how many sessions an account may have.
  net::TlsFacts tls;
  bool account_full = false;
  std::uint64_t account = 0;  // what the session joined

  // net::Link
  void wake() override { awake_ = true; }
  bool join_account(std::uint64_t account) override;

 private:
  // Goes on until the session waits for input or has closed.
  std::string follow(net::Wait wait);
  void start_tls();

  std::unique_ptr<net::Session> session_;
  StringInput input_;
  StringOutput output_;
  net::Wait wait_;
  std::atomic<bool> awake_ = false;
  bool closed_ = false;
  bool secure_ = false;
  std::chrono::milliseconds delayed_{};
};

}  // namespace mail
