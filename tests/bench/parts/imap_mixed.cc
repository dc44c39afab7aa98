// The mixed load: each client visits its account again and again.
#include <algorithm>
#include <cstdio>
#include <random>

#include "base/fault.h"
#include "tests/bench/imap_loads.h"
#include "tests/bench/letters.h"
#include "tests/bench/server_time.h"

namespace mail::bench {
namespace {

constexpr int kCommandsOfVisit = 40;
constexpr long kFew = 50;  // messages; below, the next command is APPEND

struct Tally {
  long commands = 0;
  long refused = 0;
  std::string example;
};

class Visitor {
 public:
  Visitor(PollLoop& loop, const ImapTarget& target, int number, Tally& tally)
      : loop_(loop),
        target_(target),
        number_(number),
        tally_(tally),
        random_(static_cast<unsigned>(number)) {
    arrive();
  }
  void stop() { stopping_ = true; }

 private:
  void arrive() {
    if (client_) loop_.retire(std::move(client_));
    client_ = std::make_unique<ImapClient>(loop_, target_.peer);
    left_ = kCommandsOfVisit;
    say("LOGIN " + target_.login(number_) + ' ' + target_.password);
  }

  void say(const std::string& command) {
    client_->send(command, [this](const Answer& answer) {
      ++tally_.commands;
      if (!answer.ok) {
        ++tally_.refused;
        tally_.example = answer.text;
      }
      if (!stopping_) go_on();
    });
  }

  void go_on() {
    if (left_ < 0) return arrive();
    const int left = left_--;
    if (left == kCommandsOfVisit) return say("SELECT INBOX");
    say(left == 0 ? "LOGOUT" : next_command());
  }

  long any() { return 1 + static_cast<long>(random_() % client_->exists()); }
  std::string range(long length) {
    const long first = any();
    return std::to_string(first) + ':' +
           std::to_string(std::min(first + length, client_->exists()));
  }
  std::string one() { return std::to_string(any()); }

  std::string next_command();
  std::string append() {
    const std::string text = letter(int(random_() % 100'000), target_.bytes);
    return "APPEND INBOX (\\Seen) {" + std::to_string(text.size()) + "+}\r\n" +
           text;
  }
  std::string search();

  PollLoop& loop_;
  const ImapTarget& target_;
  int number_;
  Tally& tally_;
  std::minstd_rand random_;
  std::unique_ptr<ImapClient> client_;
  int left_ = 0;
  bool expunge_ = false;
  bool stopping_ = false;
};

std::string Visitor::search() {
  switch (random_() % 4) {
    case 0:
      return "SEARCH UNSEEN";
    case 1:
      return "UID SEARCH FLAGGED SINCE 1-Jan-2015";
    case 2:
      return "SEARCH SUBJECT garden";
    default:
      return "SEARCH FROM p" + std::to_string(random_() % 300);
  }
}

std::string Visitor::next_command() {
  if (client_->exists() < kFew) return append();
  if (std::exchange(expunge_, false)) return "EXPUNGE";
  const auto dice = random_() % 100;
  if (dice < 15) return "FETCH " + range(100) + " (UID FLAGS)";
  if (dice < 38) {
    return "FETCH " + range(20) +
           " (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY.PEEK"
           "[HEADER.FIELDS (References List-Id Content-Type)])";
  }
  if (dice < 48) return "FETCH " + one() + " (UID BODY.PEEK[])";
  if (dice < 58) return "FETCH " + one() + " (UID BODYSTRUCTURE BODY[TEXT])";
  if (dice < 70) {
    return "STORE " + one() + (random_() % 2 ? " +" : " -") +
           "FLAGS (\\Flagged)";
  }
  if (dice < 79) return append();
  if (dice < 83) return "COPY " + one() + " Archive";
  if (dice < 86) return "MOVE " + one() + " Archive";
  if (dice < 92) return search();
  if (dice < 95) return "NOOP";
  expunge_ = true;
  return "STORE " + one() + " +FLAGS.SILENT (\\Deleted)";
}

}  // namespace

void mixed(const ImapTarget& target) {
  PollLoop loop;
  for (int user = 1; user <= target.users; ++user) {
    const auto client = logged_in(loop, target, user);
    client->send("CREATE Archive", [](const Answer&) {});
    loop.run_until([&] { return !client->waiting(); }, 60 * kSecond);
  }
  Tally tally;
  const double before = processor_seconds(target.server);
  const Micros started = steady_time();
  std::vector<std::unique_ptr<Visitor>> visitors;
  for (int i = 1; i <= target.clients; ++i) {
    visitors.push_back(std::make_unique<Visitor>(loop, target, i, tally));
  }
  const Micros end = started + target.seconds * kSecond;
  loop.run_until([&] { return steady_time() >= end; },
                 (target.seconds + 30) * kSecond);
  const double took = static_cast<double>(steady_time() - started) / 1e6;
  const double cost = processor_seconds(target.server) - before;
  const auto count = static_cast<double>(tally.commands);
  std::printf("mixed %.0f /s cpu %.0f us (%d clients, %d users, %ld NO %s)\n",
              count / took, cost * 1e6 / count, target.clients, target.users,
              tally.refused, tally.example.c_str());
}

}  // namespace mail::bench
