// IdleClient: an IMAP connection that sits in IDLE and notes each arrival.
#pragma once

#include <string>

#include "base/fd.h"
#include "tests/bench/poll_loop.h"
#include "tests/bench/smtp_client.h"

namespace mail::bench {

class IdleClient : public Ready {
 public:
  IdleClient(PollLoop& loop, int port, const std::string& user,
             const std::string& password, Journal& journal);
  void ready() override;
  bool idling() const { return idling_; }

 private:
  void line(std::string_view line);

  Journal& journal_;
  Fd fd_;
  std::string in_;
  long exists_ = -1;
  bool idling_ = false;
};

}  // namespace mail::bench
