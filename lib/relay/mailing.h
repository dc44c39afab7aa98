// Mailing: one transaction over an open conversation (RFC 5321 3.3).
//
//   Mailing mailing(talk, {extensions, protocol, deadlines, ...});
//   const auto outcome = mailing.run(transaction, content, start);
//
// A recipient is Delivered only when the server said so after the message's
// last octet (LMTP: said so of that recipient, RFC 2033 4.2).  Once that
// octet has gone and no answer comes, nobody knows: Temporary, and it must
// not be tried elsewhere at once.  What the server was not asked, or could
// not have answered, has no verdict and may be.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "relay/content.h"
#include "relay/deadlines.h"
#include "relay/extensions.h"
#include "relay/hop.h"
#include "relay/pace.h"
#include "relay/talk.h"
#include "relay/transaction.h"

namespace mail::relay {

class Mailing {
 public:
  struct Place {
    const Extensions& server;
    Hop::Protocol protocol = Hop::Protocol::Smtp;
    const Deadlines& deadlines;
    // Asked before the message begins to go out; false: it must not, and the
    // connection ends.
    const std::function<bool()>& may_send;
  };
  struct Outcome {
    std::vector<std::optional<Verdict>> verdicts;  // of each recipient
    bool begun = false;   // the server has answered MAIL, and not by a 421
    bool again = false;   // those that were too many may be tried at once
    bool seven_bit = false;  // the message went converted
  };

  // How the last transaction ended: whether RSET must come first.
  enum class Start { Clean, Reset };

  Mailing(Talk& talk, const Place& place) : talk_(talk), place_(place) {}

  // `content` is what the transaction speaks of.
  Outcome run(const Transaction& transaction, const Content& content,
              Start start);

  // How the next one has to start.
  Start next() const { return next_; }

 private:
  bool greet_recipients(Outcome& outcome, const Transaction& transaction,
                        Start start);
  bool read_reset();
  bool read_mail(Outcome& outcome);
  bool read_recipient(Outcome& outcome, std::size_t number, const Pace& pace);
  bool ask_for_data(Outcome& outcome);
  void send_message(Outcome& outcome, const Content& content);
  void read_end(Outcome& outcome);
  void judge_early(Outcome& outcome);
  void judge_accepted(Outcome& outcome, const Verdict& verdict);
  bool step(const std::string& command);
  std::string command_for(const Transaction& transaction,
                          std::size_t number) const;
  bool chunked() const { return place_.server.chunking; }

  Talk& talk_;
  Place place_;
  std::vector<std::size_t> asked_;      // recipients named to the server
  std::vector<std::size_t> accepted_;   // and taken by it, without verdict
  bool refused_ = false;                // MAIL was: the verdict of all
  Start next_ = Start::Clean;
};

}  // namespace mail::relay
