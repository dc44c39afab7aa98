// smtp_load: offers messages to an SMTP server as fast as it takes them.
//
//   smtp_load --port 10025 --to u%d@bench.test --spread 20 --messages 5000
//             --sessions 20 --bytes 4096 [--reuse] [--count 'COMMAND']
//             [--idle-port 10143 --idle-user u1@bench.test --password pw]
//
// One thread, one epoll, no parsing beyond reply codes: it takes a fraction
// of a core where the server takes the rest.  COMMAND prints how many
// messages have arrived; the run ends when all have.  With --idle-port one
// IMAP connection per recipient idles, and the k-th end of data is paired
// with the moment the EXISTS counts reach k: exact for a server that delivers
// in order, and the right distribution for one that nearly does.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fault.h"
#include "base/options.h"
#include "base/process.h"
#include "tests/bench/idle_client.h"
#include "tests/bench/poll_loop.h"
#include "tests/bench/smtp_client.h"

namespace mail::bench {
namespace {

struct Plan {
  int port = 0;
  int messages = 1000;
  int idle_port = 0;
  std::string count;
  std::string idle_user;
  std::string password = "pw";
  Load load;
};

std::int64_t number_printed_by(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw_errno("popen");
  long long number = -1;
  const int fields = fscanf(pipe, "%lld", &number);
  pclose(pipe);
  if (fields != 1) throw Fault("no number printed by: " + command);
  return number;
}

double percentile(std::vector<Micros> times, double share) {
  if (times.empty()) return 0;
  std::ranges::sort(times);
  const auto last = static_cast<double>(times.size() - 1);
  return static_cast<double>(times[static_cast<std::size_t>(share * last)]) /
         1000;
}

void wait_for_count(const Plan& plan, std::int64_t target, Micros give_up) {
  while (number_printed_by(plan.count) < target) {
    if (steady_time() > give_up) throw Fault("messages did not all arrive");
    timespec pause{0, 20'000'000};
    nanosleep(&pause, nullptr);
  }
}

// Each end of data against the arrival that it caused.
std::vector<Micros> pair_in_order(std::vector<Micros> sent,
                                  std::vector<Micros> seen) {
  std::ranges::sort(sent);
  std::ranges::sort(seen);
  std::vector<Micros> delays;
  for (std::size_t k = 0; k < std::min(sent.size(), seen.size()); ++k) {
    delays.push_back(seen[k] - sent[k]);
  }
  return delays;
}

void report(const Plan& plan, const Journal& journal, Micros started,
            Micros accepted, Micros delivered) {
  const auto rate = [&](Micros until) {
    return plan.messages / (static_cast<double>(until - started) / 1e6);
  };
  std::printf("accepted %.0f/s", rate(accepted));
  if (delivered != 0) std::printf(" delivered %.0f/s", rate(delivered));
  std::printf(" reply %.1f/%.1f ms", percentile(journal.reply_times, 0.5),
              percentile(journal.reply_times, 0.99));
  if (plan.idle_port != 0) {
    const auto delays = pair_in_order(journal.ends_of_data, journal.arrivals);
    std::printf(" idle %.1f/%.1f ms", percentile(delays, 0.5),
                percentile(delays, 0.99));
  }
  std::printf(" (%d messages, %d sessions, %d bytes%s; median/p99)\n",
              plan.messages, plan.load.sessions, plan.load.bytes,
              plan.load.reuse ? ", reused" : "");
}

void offer(const Plan& plan) {
  const std::int64_t before =
      plan.count.empty() ? 0 : number_printed_by(plan.count);
  Journal journal;
  PollLoop loop;
  std::vector<std::unique_ptr<IdleClient>> idlers;
  for (int i = 1; plan.idle_port != 0 && i <= plan.load.spread; ++i) {
    idlers.push_back(std::make_unique<IdleClient>(loop, plan.idle_port,
                                                  numbered(plan.idle_user, i),
                                                  plan.password, journal));
  }
  for (const auto& idler : idlers) {
    loop.run_until([&] { return idler->idling(); }, 30 * kSecond);
  }

  const Micros started = steady_time();
  Source source(plan.messages, plan.load);
  std::vector<std::unique_ptr<SmtpClient>> clients;
  for (int i = 0; i < plan.load.sessions; ++i) {
    clients.push_back(
        std::make_unique<SmtpClient>(loop, plan.port, source, journal));
  }
  loop.run_until([&] { return source.finished(); }, 600 * kSecond);
  const Micros accepted = steady_time();
  Micros delivered = 0;
  if (plan.idle_port != 0) {
    const auto all = static_cast<std::size_t>(plan.messages);
    loop.run_until([&] { return journal.arrivals.size() >= all; },
                   120 * kSecond);
    delivered = steady_time();
  }
  if (!plan.count.empty()) {
    wait_for_count(plan, before + plan.messages, accepted + 120 * kSecond);
    if (delivered == 0) delivered = steady_time();
  }
  report(plan, journal, started, accepted, delivered);
}

int run(int argc, char** argv) {
  Plan plan;
  Options options("smtp_load", "offers messages as fast as they are taken");
  options.number("--port", plan.port, "the server's port on 127.0.0.1");
  options.value("--to", plan.load.to, "recipient; %d counts to --spread");
  options.number("--spread", plan.load.spread, "how many recipients");
  options.number("--messages", plan.messages, "how many messages");
  options.number("--sessions", plan.load.sessions, "at the same time");
  options.number("--bytes", plan.load.bytes, "octets a message");
  options.flag("--reuse", plan.load.reuse, "many messages a connection");
  options.value("--count", plan.count, "command that prints what arrived");
  options.number("--idle-port", plan.idle_port, "IMAP port to watch");
  options.value("--idle-user", plan.idle_user, "account; %d as in --to");
  options.value("--password", plan.password, "of the accounts");
  options.parse(argc, argv);
  offer(plan);
  return 0;
}

}  // namespace
}  // namespace mail::bench

int main(int argc, char** argv) {
  return mail::guarded(mail::bench::run, argc, argv);
}
