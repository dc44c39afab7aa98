// The server's half of an SMTP or LMTP conversation.
//
//           EHLO          MAIL            RCPT         DATA, BDAT
//   Start --------> Idle --------> Sender -------> Rcpt ---------> (message)
//                    ^                                                |
//                    +------------------- end of data, RSET ----------+
//
// Lines go in, replies come out; the table in session.cc says which command
// is allowed in which state, and who handles it.  Sockets are net/'s
// business, and whether mail is welcome is the Intake's.  RFC 5321 4.1.4,
// RFC 2033 (LMTP), RFC 3030 (BDAT), RFC 3207 (STARTTLS), RFC 4954 (AUTH).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/session.h"
#include "sasl/authority.h"
#include "smtp/auth_exchange.h"
#include "smtp/intake.h"
#include "smtp/reception.h"

namespace mail::smtp {

// What is the same for all sessions of a worker.
struct Rules {
  std::string hostname;
  std::int64_t message_size = 100 << 20;  // octets
  std::int64_t recipients = 1000;         // a message
  int hops = 50;
  std::chrono::milliseconds timeout{300'000};
  bool has_tls = false;
  bool auth_on_loopback = false;  // AUTH without TLS from this machine
};

class Session : public net::Session {
 public:
  // All outlive the session.
  struct Parts {
    const Rules& rules;
    Intake& intake;
    sasl::Authority& authority;
    net::Link& link;
  };
  Session(const Parts& parts, const net::Peer& peer);

  net::Wait greet(net::Output& out) override;
  net::Wait serve(net::Input& in, net::Output& out) override;
  net::Wait expired(net::Output& out) override;
  void secured(const net::TlsFacts& facts) override;
  void farewell(net::Output& out) override;

 private:
  enum class State { Start = 1, Idle = 2, Sender = 4, Rcpt = 8, Chunks = 16 };
  enum class Reading { Commands, Junk, Auth, Data, Chunk };
  enum class Next { Go, Delay, Tls, Close };

  // No reply: it comes later, behind the data.
  using MaybeReply = std::optional<Reply>;
  using Handler = MaybeReply (Session::*)(std::string_view argument);
  struct Rule;
  static const Rule* rule_for(std::string_view verb);

  // Session.cc: what comes in.  False: more input is needed.
  bool step(net::Input& in, net::Output& out);
  bool read_line(net::Input& in, net::Output& out);
  bool read_junk(net::Input& in, net::Output& out);
  bool read_data(net::Input& in, net::Output& out);
  bool read_chunk(net::Input& in, net::Output& out);
  bool never_ends(net::Output& out);
  void take_line(std::string_view line, net::Output& out);
  MaybeReply command(std::string_view line);
  void say(const Reply& reply, net::Output& out);
  void too_long(net::Output& out);
  void begin_bytes(Reading what);
  net::Wait patience() const;

  // commands.cc
  MaybeReply helo(std::string_view argument);
  MaybeReply ehlo(std::string_view argument);
  MaybeReply lhlo(std::string_view argument);
  MaybeReply starttls(std::string_view argument);
  MaybeReply auth(std::string_view argument);
  MaybeReply rset(std::string_view argument);
  MaybeReply noop(std::string_view argument);
  MaybeReply vrfy(std::string_view argument);
  MaybeReply expn(std::string_view argument);
  MaybeReply help(std::string_view argument);
  MaybeReply quit(std::string_view argument);
  Reply greeted(std::string_view argument);
  Reply extended(std::string_view argument);
  Reply auth_line(std::string_view line);
  Reply outcome(const AuthExchange::Outcome& outcome);
  bool may_auth() const;
  bool may_have_reports() const;

  // transaction.cc
  MaybeReply mail(std::string_view argument);
  MaybeReply rcpt(std::string_view argument);
  MaybeReply data(std::string_view argument);
  MaybeReply bdat(std::string_view argument);
  Reply mail_from(const Sender& sender);
  Reply rcpt_to(const Recipient& recipient);
  void begin_message(Scanner::Form form);
  void end_data(net::Output& out);
  void end_chunk(net::Output& out);
  void reset();

  const Rules& rules_;
  Intake& intake_;
  sasl::Authority& authority_;
  net::Link& link_;
  Client client_;

  State state_ = State::Start;
  Reading reading_ = Reading::Commands;
  Next next_ = Next::Go;
  std::chrono::milliseconds delay_{};
  std::optional<Reply> held_;  // given when the delay has passed

  std::optional<AuthExchange> exchange_;
  Transaction transaction_;
  std::optional<Reception> reception_;
  std::uint64_t chunk_left_ = 0;
  bool last_chunk_ = false;
  bool stray_chunk_ = false;  // of a BDAT that was out of order

  bool named_ = false;          // the client's name was asked for
  Micros began_ = 0;            // when the bytes that are no commands did
  std::uint64_t came_ = 0;      // how many of them have come
  int mistakes_ = 0;            // bad commands
  int refused_recipients_ = 0;  // of this connection
  int failed_logins_ = 0;
};

}  // namespace mail::smtp
