// Login: a session before its peer has said who it is.
//
// Apart from what follows: the only code a stranger can reach.  Short lines,
// small literals, few mistakes, a minute's time.  It answers the same, at the
// same time, whether an account exists or not: authd decides, and says how
// long the answer waits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "imap/capability.h"
#include "imap/command_buffer.h"
#include "imap/work.h"
#include "net/session.h"

namespace mail::imap {

class Login {
 public:
  Login(const Shared& shared, const net::Peer& peer, net::Link& link);
  ~Login();
  Login(const Login&) = delete;
  Login& operator=(const Login&) = delete;

  net::Wait greet(net::Output& out);
  // Returns with account() set when the peer is in: what it says behind that
  // is for others.
  net::Wait serve(net::Input& in, net::Output& out);
  void secured(const net::TlsFacts& facts);

  std::uint64_t account() const { return account_; }

 private:
  struct Call {
    std::string_view tag;
    Reader& args;
    Response& out;
  };
  struct Command;
  static const Command kCommands[];

  bool secure() const;
  LoginOffer offer() const;
  net::Wait patience() const;
  void command(std::string_view text, Response& out);
  void literal(Response& out);
  void bad_line(std::string_view tag, std::string_view why, Response& out);
  void answer(Response& out, std::string_view tag, const Reply& reply);

  void capability(Call& call);
  void id(Call& call);
  void noop(Call& call);
  void logout(Call& call);
  void starttls(Call& call);
  void login(Call& call);
  void authenticate(Call& call);

  sasl::Attempt attempt(std::string_view mechanism) const;
  void respond(std::string_view line, Response& out);
  void take_answer(const sasl::Answer& answer, Response& out);
  void welcome(Response& out);
  void fail(const sasl::Answer& answer);

  const Shared& shared_;
  net::Peer peer_;
  net::Link& link_;
  CommandBuffer buffer_;
  net::TlsFacts tls_;
  Micros deadline_ = 0;
  int mistakes_ = 0;
  int failures_ = 0;
  bool closing_ = false;
  bool starting_tls_ = false;
  std::uint64_t account_ = 0;

  // An exchange under way.
  std::string tag_;
  std::string mechanism_;
  std::string exchange_;
  std::string address_;       // who has proved to be it
  std::uint64_t proved_ = 0;  // waits for the empty response
  bool exchanging_ = false;
  // An answer that waits.
  std::string delayed_;
  std::chrono::milliseconds delay_{};
};

}  // namespace mail::imap
