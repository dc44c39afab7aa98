// Logins a second.
#include <cstdio>

#include "base/base64.h"
#include "base/fault.h"
#include "tests/bench/imap_loads.h"
#include "tests/bench/server_time.h"

namespace mail::bench {
namespace {

class Caller {
 public:
  Caller(PollLoop& loop, const ImapTarget& target, int number, long& count)
      : loop_(loop), target_(target), number_(number), count_(count) {
    call();
  }
  void stop() { stopping_ = true; }

 private:
  void call() {
    const std::string user = target_.login(number_);
    if (client_) loop_.retire(std::move(client_));
    client_ = std::make_unique<ImapClient>(loop_, target_.peer);
    client_->send("AUTHENTICATE PLAIN " +
                      base64_encode('\0' + user + '\0' + target_.password),
                  [this](const Answer& answer) {
                    if (!answer.ok) throw Fault("login: " + answer.text);
                    ++count_;
                    client_->send("LOGOUT", [this](const Answer&) {
                      if (!stopping_) call();
                    });
                  });
  }

  PollLoop& loop_;
  const ImapTarget& target_;
  int number_;
  long& count_;
  std::unique_ptr<ImapClient> client_;
  bool stopping_ = false;
};

}  // namespace

void logins(const ImapTarget& target) {
  PollLoop loop;
  for (int user = 1; user <= target.users; ++user) {
    const auto client = logged_in(loop, target, user);
  }
  long count = 0;
  const double before = processor_seconds(target.server);
  const Micros started = steady_time();
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 1; i <= target.clients; ++i) {
    callers.push_back(std::make_unique<Caller>(loop, target, i, count));
  }
  const Micros end = started + target.seconds * kSecond;
  loop.run_until([&] { return steady_time() >= end; },
                 (target.seconds + 30) * kSecond);
  const double took = static_cast<double>(steady_time() - started) / 1e6;
  const double cost = processor_seconds(target.server) - before;
  const auto total = static_cast<double>(count);
  std::printf("logins %.0f /s cpu %.0f us (%d clients, %s)\n", total / took,
              cost * 1e6 / total, target.clients,
              !target.peer.tls     ? "no TLS"
              : target.peer.resume ? "TLS 1.3 resumed"
                                   : "TLS 1.3");
}

}  // namespace mail::bench
