// Session: one connection to a server, from its greeting to QUIT.
//
//   Session session(wire, {hop, "mx.example.net", hostname, deadlines, ...});
//   if (const auto why = session.open()) ...     // try another host
//   session.mailing(...)
//
// EHLO, or HELO where that is not known; STARTTLS as the hop wants it, with
// nothing of the time before believed (RFC 3207 4.2); AUTH.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "relay/deadlines.h"
#include "relay/extensions.h"
#include "relay/hop.h"
#include "relay/mailing.h"
#include "relay/passwords.h"
#include "relay/talk.h"

namespace mail::relay {

class Session {
 public:
  // What becomes of STARTTLS when it need not be.
  enum class Encryption { WhenOffered, Never };
  struct Setup {
    Hop hop;
    std::string host;       // whose server it should be; "" for an address
    std::string hostname;   // ours
    Deadlines deadlines;
    const Credentials* credentials = nullptr;
    Encryption encryption = Encryption::WhenOffered;
    Proof proof = Proof::None;  // Name: also where the hop would not ask
    std::function<bool()> may_send = [] { return true; };  // mailing.h
  };

  // The wire is connected, and encrypted already for Tls::Implicit.
  Session(Wire& wire, Setup setup);

  // Why no mail can be given to this server, or nothing.
  std::optional<Verdict> open();

  // Whether open() failed in the handshake of STARTTLS.
  bool handshake_failed() const { return handshake_failed_; }

  // Whether the server can encrypt, and this connection is not.
  bool in_the_clear() const {
    return server_.starttls && wire_.tls().empty();
  }

  // Whether open() failed because our login is not good there.
  bool barred() const { return barred_; }

  // Whether this server is ourselves.
  bool is_us() const { return is_us_; }

  // A message the server would not take as it is goes converted, if it can
  // (relay/downgrade.h).
  Mailing::Outcome carry(const Transaction& transaction, const Fd& file);

  // Whether another transaction can follow.
  bool usable() const { return talk_.usable() && !talk_.ahead(); }

  // The server said 421, or closed instead of greeting us.
  bool turned_away() const { return talk_.turned_away() || hung_up_; }

  Verdict why() const { return talk_.why(); }

  // The server took over RFC 3461's duties.
  bool dsn() const { return server_.dsn; }

  const std::string& name() const { return server_.name; }

  // QUIT, and a moment for the answer.
  void quit();

 private:
  std::optional<Verdict> greeting();
  std::optional<Verdict> hello();
  std::optional<Verdict> secure();
  std::optional<Verdict> log_in();
  Mailing::Outcome send(const Transaction& transaction,
                        const Content& content);
  Mailing::Outcome carry_seven_bit(const Transaction& transaction,
                                   const Fd& file);
  bool must_encrypt() const;
  bool is_loop() const;

  Wire& wire_;
  Setup setup_;
  Talk talk_;
  Extensions server_;
  Mailing::Start start_ = Mailing::Start::Clean;
  bool handshake_failed_ = false;
  bool barred_ = false;
  bool is_us_ = false;
  bool hung_up_ = false;
};

}  // namespace mail::relay
