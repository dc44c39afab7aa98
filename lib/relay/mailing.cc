// With PIPELINING all commands of a transaction go in one write: RSET, MAIL,
// RCPT ... and DATA (RFC 2920 3.1), and the replies are read one by one.
// BDAT is not among them: it brings the message with it, and whether anybody
// wants that is known only after RCPT.

#include "relay/mailing.h"

#include "relay/fit.h"

namespace mail::relay {
namespace {

constexpr int kStartInput = 354;
constexpr int kTooManyRecipientsOnce = 552;  // RFC 5321 4.5.3.1.10
constexpr Patience kEarly{2'000};
constexpr std::string_view kOutOfStep = "the server's reply fits no command";

// A reply where only 2xx, 4xx and 5xx mean something.
bool is_answer(const Reply& reply) { return reply.code / 100 != 3; }

// The server's word on recipients.  A 421 is one as well once the transaction
// has begun: RFC 5321 3.8 lets it be the answer to any command.
Verdict said(const Reply& reply) {
  Verdict verdict = verdict_of(reply);
  verdict.answered = true;
  return verdict;
}

}  // namespace

// Sends one command when nothing can be pipelined; its reply is read next.
bool Mailing::step(const std::string& command) {
  if (place_.server.pipelining) return true;
  return talk_.say(command, place_.deadlines.command);
}

std::string Mailing::command_for(const Transaction& transaction,
                                 std::size_t number) const {
  return rcpt_command(transaction.recipients[number], transaction,
                      place_.server);
}

bool Mailing::read_reset() {
  const auto reply = talk_.read(place_.deadlines.command);
  if (reply && reply->positive()) return true;
  talk_.hang_up("RSET was refused");
  return false;
}

// False when nothing more can be read; a refusal is kept for the recipients.
bool Mailing::read_mail(Outcome& outcome) {
  const auto reply = talk_.read(place_.deadlines.command);
  if (!reply || !talk_.usable()) return false;
  if (!is_answer(*reply)) {
    talk_.hang_up(std::string(kOutOfStep));
    return false;
  }
  outcome.begun = true;
  if (reply->positive()) return true;
  refused_ = true;
  for (const auto number : asked_) outcome.verdicts[number] = said(*reply);
  return true;
}

bool Mailing::read_recipient(Outcome& outcome, std::size_t number,
                             const Pace& pace) {
  const auto reply = talk_.read(pace.next());
  if (!reply) return false;
  if (!is_answer(*reply)) {
    talk_.hang_up(std::string(kOutOfStep));
    return false;
  }
  if (refused_) return talk_.usable();
  if (reply->positive()) {
    accepted_.push_back(number);
    return true;
  }
  Verdict verdict = said(*reply);
  if (reply->code == kTooManyRecipientsOnce) {
    verdict.outcome = Verdict::Outcome::Temporary;
  }
  outcome.again = outcome.again || verdict.too_many_recipients();
  outcome.verdicts[number] = std::move(verdict);
  return talk_.usable();
}

// From RSET to the last RCPT, and DATA's command when it can go along.
bool Mailing::greet_recipients(Outcome& outcome,
                               const Transaction& transaction, Start start) {
  const std::string mail = mail_command(transaction, place_.server);
  const Patience patience = place_.deadlines.command;
  std::string all = start == Start::Reset ? "RSET\r\n" : "";
  if (place_.server.pipelining) {
    all += mail;
    for (const auto number : asked_) {
      all += command_for(transaction, number);
    }
    if (!chunked()) all += "DATA\r\n";
  }
  if (!all.empty() && !talk_.say(all, patience)) return false;
  if (start == Start::Reset && !read_reset()) return false;
  if (!step(mail) || !read_mail(outcome)) return false;
  const Pace pace(patience, place_.deadlines.recipients());
  for (const auto number : asked_) {
    if (refused_ && !place_.server.pipelining) break;
    if (!step(command_for(transaction, number)) ||
        !read_recipient(outcome, number, pace)) {
      return false;
    }
  }
  return true;
}

void Mailing::judge_accepted(Outcome& outcome, const Verdict& verdict) {
  for (const auto number : accepted_) outcome.verdicts[number] = verdict;
  accepted_.clear();
}

// DATA's own reply; true when the server waits for the message.
bool Mailing::ask_for_data(Outcome& outcome) {
  if (!place_.server.pipelining &&
      (accepted_.empty() || !talk_.say("DATA\r\n", place_.deadlines.data))) {
    return false;
  }
  const auto reply = talk_.read(place_.deadlines.data);
  if (!reply) return false;
  if (reply->code == kStartInput && !accepted_.empty()) return true;
  if (reply->code == kStartInput && refused_) {
    // It refused the sender, and wants the message: for whom it takes an
    // empty one nobody knows.
    talk_.hang_up(std::string(kOutOfStep));
    return false;
  }
  if (reply->code == kStartInput) {
    // RFC 2920 3.1: nobody is to get it, but it must be ended.
    if (talk_.say(".\r\n", place_.deadlines.block)) {
      (void)talk_.read(place_.deadlines.end);
    }
    return false;
  }
  if (reply->temporary() || reply->permanent()) {
    judge_accepted(outcome, said(*reply));
  } else {
    talk_.hang_up(std::string(kOutOfStep));
  }
  return false;
}

// The wire broke while the message went: a server that refuses in the middle
// has often said why.
void Mailing::judge_early(Outcome& outcome) {
  const auto reply = talk_.read(kEarly);
  if (reply && (reply->temporary() || reply->permanent())) {
    judge_accepted(outcome, said(*reply));
  }
  talk_.hang_up("connection lost");
}

void Mailing::read_end(Outcome& outcome) {
  const bool each = place_.protocol == Hop::Protocol::Lmtp;
  while (!accepted_.empty()) {
    const auto reply =
        talk_.read(talk_.usable() ? place_.deadlines.end : kEarly);
    if (!reply || !is_answer(*reply)) {
      talk_.hang_up(std::string(kOutOfStep));
      Verdict unknown =
          trouble(Verdict::Outcome::Temporary, "4.4.2",
                  talk_.why().text + " after the message was sent; it may "
                                     "have arrived");
      unknown.uncertain = true;
      return judge_accepted(outcome, unknown);
    }
    if (!each) return judge_accepted(outcome, said(*reply));
    outcome.verdicts[accepted_.front()] = said(*reply);
    accepted_.erase(accepted_.begin());
  }
}

void Mailing::send_message(Outcome& outcome, const Content& content) {
  if (talk_.ahead()) return talk_.hang_up(std::string(kOutOfStep));
  if (!place_.may_send()) return talk_.hang_up("we are about to stop");
  const auto framing = chunked() ? Framing::Chunk : Framing::Dots;
  if (!content.send(talk_.wire(), framing, place_.deadlines)) {
    return judge_early(outcome);
  }
  read_end(outcome);
  next_ = Start::Clean;
}

Mailing::Outcome Mailing::run(const Transaction& transaction,
                              const Content& content, Start start) {
  Outcome outcome;
  outcome.verdicts.resize(transaction.recipients.size());
  asked_.clear();
  accepted_.clear();
  refused_ = false;
  for (std::size_t i = 0; i < transaction.recipients.size(); ++i) {
    outcome.verdicts[i] = misfit(transaction.recipients[i], place_.server);
    if (!outcome.verdicts[i]) asked_.push_back(i);
  }
  next_ = start;
  if (asked_.empty()) return outcome;
  next_ = Start::Reset;
  if (!greet_recipients(outcome, transaction, start)) return outcome;
  if (chunked()) {
    if (!accepted_.empty()) send_message(outcome, content);
  } else if (ask_for_data(outcome)) {
    send_message(outcome, content);
  }
  return outcome;
}

}  // namespace mail::relay
