// Sessions in IDLE: how soon they tell, and what they cost.
#include <algorithm>
#include <cstdio>

#include "base/fault.h"
#include "tests/bench/imap_loads.h"
#include "tests/bench/letters.h"
#include "tests/bench/server_time.h"

namespace mail::bench {
namespace {

using Clients = std::vector<std::unique_ptr<ImapClient>>;

Clients idle_sessions(PollLoop& loop, const ImapTarget& target) {
  Clients clients;
  for (int i = 1; i <= target.clients; ++i) {
    clients.push_back(logged_in(loop, target, i));
    ask(loop, *clients.back(), "SELECT " + target.mailbox);
    clients.back()->send("IDLE", [](const Answer&) {});
  }
  loop.run_until(
      [&] {
        return std::ranges::all_of(
            clients, [](const auto& client) { return client->continued(); });
      },
      60 * kSecond);
  return clients;
}

double at(std::vector<double>& times, double share) {
  std::ranges::sort(times);
  return times[static_cast<std::size_t>(share *
                                        static_cast<double>(times.size() - 1))];
}

}  // namespace

void push(const ImapTarget& target) {
  PollLoop loop;
  Clients idle = idle_sessions(loop, target);
  std::vector<Micros> told(idle.size());
  for (std::size_t i = 0; i < idle.size(); ++i) {
    idle[i]->on_untagged([&told, i](std::string_view line) {
      const bool news = line.find(" EXISTS") != line.npos ||
                        line.find(" FETCH ") != line.npos;
      if (news && told[i] == 0) told[i] = steady_time();
    });
  }
  std::vector<double> delays;
  const auto users = static_cast<std::size_t>(target.users);
  for (int round = 0; round < 100; ++round) {
    const auto user = static_cast<std::size_t>(round) % users;
    const auto writer = logged_in(loop, target, static_cast<int>(user) + 1);
    const std::string text = letter(round, target.bytes);
    std::ranges::fill(told, 0);
    ask(loop, *writer,
        "APPEND " + target.mailbox + " {" + std::to_string(text.size()) +
            "+}\r\n" + text);
    // The moment the server says OK is when it begins to count.
    const Micros changed = steady_time();
    const auto all_know = [&] {
      for (std::size_t i = user; i < idle.size(); i += users) {
        if (told[i] == 0) return false;
      }
      return true;
    };
    loop.run_until(all_know, 60 * kSecond);
    for (std::size_t i = user; i < idle.size(); i += users) {
      delays.push_back(
          std::max(0.0, static_cast<double>(told[i] - changed) / 1000));
    }
  }
  std::printf("push %.1f ms p99 %.1f ms (%zu idle sessions, %d users)\n",
              at(delays, 0.5), at(delays, 0.99), idle.size(), target.users);
}

void hold(const ImapTarget& target) {
  PollLoop loop;
  const Clients idle = idle_sessions(loop, target);
  std::printf("holding %zu sessions\n", idle.size());
  std::fflush(stdout);
  const double before = processor_seconds(target.server);
  const Micros end = steady_time() + target.seconds * kSecond;
  loop.run_until([&] { return steady_time() >= end; },
                 (target.seconds + 30) * kSecond);
  const double cost = processor_seconds(target.server) - before;
  std::printf("hold %.2f %% of a core (%zu idle sessions, %d s)\n",
              cost * 100 / target.seconds, idle.size(), target.seconds);
}

}  // namespace mail::bench
