// Filling mailboxes, and APPEND as a load.
#include <algorithm>
#include <array>
#include <cstdio>

#include "base/fault.h"
#include "tests/bench/imap_loads.h"
#include "tests/bench/letters.h"
#include "tests/bench/server_time.h"

namespace mail::bench {
namespace {

constexpr int kTogether = 200;  // messages of one MULTIAPPEND

std::string internal_date(int number) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(),
                "\"%02d-Jan-20%02d %02d:%02d:%02d +0000\"", 1 + number % 28,
                10 + number % 15, number % 24, number % 60, number % 60);
  return text.data();
}

std::string message_argument(int number, int bytes) {
  const std::string text = letter(number, bytes);
  return std::string(number % 3 ? " (\\Seen) " : " () ") +
         internal_date(number) + " {" + std::to_string(text.size()) + "+}\r\n" +
         text;
}

// Appends letters, one after the other or many at once.
class Filler {
 public:
  Filler(PollLoop& loop, const ImapTarget& target, int user, int first,
         int together)
      : target_(target),
        next_(first),
        last_(first + target.messages),
        together_(together),
        client_(logged_in(loop, target, user)) {
    go_on();
  }
  bool done() const { return next_ >= last_ && !client_->waiting(); }

 private:
  void go_on() {
    if (next_ >= last_) return;
    std::string command = "APPEND " + target_.mailbox;
    const int end = std::min(last_, next_ + together_);
    while (next_ < end) command += message_argument(next_++, target_.bytes);
    client_->send(command, [this](const Answer& answer) {
      if (!answer.ok) throw Fault("APPEND: " + answer.text);
      go_on();
    });
  }

  const ImapTarget& target_;
  int next_;
  int last_;
  int together_;
  std::unique_ptr<ImapClient> client_;
};

int messages_together(PollLoop& loop, const ImapTarget& target) {
  auto client = logged_in(loop, target, 1);
  int together = 1;
  client->on_untagged([&](std::string_view line) {
    if (line.find("MULTIAPPEND") != line.npos) together = kTogether;
  });
  ask(loop, *client, "CAPABILITY");
  return together;
}

}  // namespace

std::string ImapTarget::login(int number) const {
  return numbered(user, (number - 1) % users + 1);
}

std::unique_ptr<ImapClient> logged_in(PollLoop& loop, const ImapTarget& target,
                                      int number) {
  auto client = std::make_unique<ImapClient>(loop, target.peer);
  ask(loop, *client, "LOGIN " + target.login(number) + ' ' + target.password);
  return client;
}

void fill(const ImapTarget& target) {
  PollLoop loop;
  const int together = messages_together(loop, target);
  const Micros started = steady_time();
  for (int user = 1; user <= target.users; ++user) {
    auto client = logged_in(loop, target, user);
    if (target.mailbox != "INBOX") {
      client->send("CREATE " + target.mailbox, [](const Answer&) {});
      loop.run_until([&] { return !client->waiting(); }, 60 * kSecond);
    }
    std::vector<std::unique_ptr<Filler>> fillers;
    ImapTarget share = target;
    // One client, so that the UIDs are in the order of the numbers.
    fillers.push_back(std::make_unique<Filler>(loop, share, user, 0, together));
    loop.run_until(
        [&] {
          return std::ranges::all_of(fillers,
                                     [](auto& one) { return one->done(); });
        },
        3'600 * kSecond);
  }
  const double took = static_cast<double>(steady_time() - started) / 1e6;
  std::printf("filled %.0f messages/s (%d users, %d bytes)\n",
              target.users * target.messages / took, target.users,
              target.bytes);
}

void appends(const ImapTarget& target) {
  PollLoop loop;
  ImapTarget share = target;
  share.messages = target.messages / target.clients;
  const double before = processor_seconds(target.server);
  std::vector<std::unique_ptr<Filler>> fillers;
  const Micros started = steady_time();
  for (int i = 1; i <= target.clients; ++i) {
    fillers.push_back(
        std::make_unique<Filler>(loop, share, i, i * share.messages, 1));
  }
  loop.run_until(
      [&] {
        return std::ranges::all_of(fillers,
                                   [](auto& one) { return one->done(); });
      },
      3'600 * kSecond);
  const double took = static_cast<double>(steady_time() - started) / 1e6;
  const double count = share.messages * target.clients;
  std::printf("append %.0f /s cpu %.0f us (%d clients, %d bytes)\n",
              count / took,
              (processor_seconds(target.server) - before) * 1e6 / count,
              target.clients, target.bytes);
}

}  // namespace mail::bench
