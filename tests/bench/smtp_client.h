// SmtpClient: one session of the load generator, without pipelining.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "tests/bench/poll_loop.h"

namespace mail::bench {

struct Load {
  std::string to = "u1@bench.test";
  int spread = 1;
  int sessions = 20;
  int bytes = 4096;
  bool reuse = false;
};

// When things happened, for all sessions together.
struct Journal {
  std::vector<Micros> reply_times;   // end of data to its reply
  std::vector<Micros> ends_of_data;  // moments
  std::vector<Micros> arrivals;      // moments, as IDLE showed them
};

// The messages still to be sent.
class Source {
 public:
  Source(int messages, const Load& load);

  // Takes the next message; false when there is none left.
  bool take();
  void done() { ++done_; }
  bool finished() const { return done_ == messages_; }
  bool reuse() const { return load_.reuse; }

  std::string recipient();
  const std::string& message() const { return message_; }

 private:
  int messages_;
  Load load_;
  int taken_ = 0;
  int done_ = 0;
  int next_recipient_ = 0;
  std::string message_;  // with its final dot
};

class SmtpClient : public Ready {
 public:
  SmtpClient(PollLoop& loop, int port, Source& source, Journal& journal);
  void ready() override;

 private:
  enum class Step { Greeting, Ehlo, Mail, Rcpt, Data, Body, Quit };
  void connect();
  void reply(int code);
  void send(Step next, std::string_view bytes);
  void flush();
  void begin_message();

  PollLoop& loop_;
  int port_;
  Source& source_;
  Journal& journal_;
  Fd fd_;
  Step step_ = Step::Greeting;
  std::string in_;
  std::string out_;
  Micros end_of_data_ = 0;
};

}  // namespace mail::bench
