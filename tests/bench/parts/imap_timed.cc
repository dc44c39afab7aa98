// Single commands, timed.
#include <algorithm>
#include <cstdio>

#include "base/fault.h"
#include "tests/bench/imap_loads.h"
#include "tests/bench/server_time.h"

namespace mail::bench {

// Each round has a connection of its own, so that nothing of the round before
// helps but what the server keeps.
void timed(const ImapTarget& target, const std::vector<std::string>& commands,
           int rounds) {
  for (std::string command : commands) {
    const bool bare = command.starts_with('!');
    if (bare) command.erase(0, 1);
    std::vector<double> times;
    double cost = 0;
    std::size_t bytes = 0;
    for (int round = 0; round < rounds; ++round) {
      PollLoop loop;
      const auto client = logged_in(loop, target, 1);
      if (!bare) ask(loop, *client, "SELECT " + target.mailbox);
      const double before = processor_seconds(target.server);
      const Answer answer = ask(loop, *client, command);
      cost += processor_seconds(target.server) - before;
      times.push_back(static_cast<double>(answer.took) / 1000);
      bytes = answer.bytes;
    }
    std::ranges::sort(times);
    std::printf("timed %.1f ms cpu %.0f ms %zu bytes: %.60s\n",
                times[times.size() / 2], cost * 1000 / rounds, bytes,
                command.c_str());
    std::fflush(stdout);
  }
}

}  // namespace mail::bench
