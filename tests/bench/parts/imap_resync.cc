// A client that comes again and asks what has changed.
#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/fault.h"
#include "tests/bench/imap_loads.h"
#include "tests/bench/server_time.h"

namespace mail::bench {
namespace {

constexpr int kStored = 40;
constexpr int kExpunged = 10;

// What a client keeps of a mailbox.
struct Known {
  long uidvalidity = 0, modseq = 0, uidnext = 0;
};

void read_code(std::string_view line, std::string_view name, long& value) {
  const auto at = line.find(name);
  if (at == line.npos) return;
  line.remove_prefix(at + name.size());
  std::from_chars(line.data(), line.data() + line.size(), value);
}

std::unique_ptr<ImapClient> aware(PollLoop& loop, const ImapTarget& target) {
  auto client = logged_in(loop, target, 1);
  ask(loop, *client, "ENABLE QRESYNC");
  return client;
}

// Fifty changes all over the mailbox, each a command of its own.
Known leave_and_change(const ImapTarget& target, int round) {
  PollLoop loop;
  const auto client = aware(loop, target);
  Known known;
  client->on_untagged([&](std::string_view line) {
    read_code(line, "[UIDVALIDITY ", known.uidvalidity);
    read_code(line, "[HIGHESTMODSEQ ", known.modseq);
    read_code(line, "[UIDNEXT ", known.uidnext);
  });
  ask(loop, *client, "SELECT " + target.mailbox);
  const Known before = known;
  const auto store = [&](int part, int further, const char* change) {
    const long uid =
        1 + (before.uidnext - 1) * (2 * part + 1) / (2 * kStored) + further;
    ask(loop, *client,
        "UID STORE " + std::to_string(uid) + ' ' + std::string(change));
  };
  for (int i = 0; i < kStored; ++i) {
    store(i, 0,
          round % 2 ? "-FLAGS.SILENT (\\Draft)" : "+FLAGS.SILENT (\\Draft)");
  }
  for (int i = 0; i < kExpunged; ++i) {
    store(i * kStored / kExpunged, 1 + round, "+FLAGS.SILENT (\\Deleted)");
  }
  ask(loop, *client, "EXPUNGE");
  return before;
}

}  // namespace

void resync(const ImapTarget& target, int rounds) {
  std::vector<double> times;
  double cost = 0;
  std::size_t bytes = 0;
  for (int round = 0; round < rounds; ++round) {
    const Known known = leave_and_change(target, round);
    PollLoop loop;
    const auto client = aware(loop, target);
    const double before = processor_seconds(target.server);
    const Answer answer =
        ask(loop, *client,
            "SELECT " + target.mailbox + " (QRESYNC (" +
                std::to_string(known.uidvalidity) + ' ' +
                std::to_string(known.modseq) +
                " 1:" + std::to_string(std::max(1L, known.uidnext - 1)) + "))");
    cost += processor_seconds(target.server) - before;
    times.push_back(static_cast<double>(answer.took) / 1000);
    bytes = answer.bytes;
  }
  std::ranges::sort(times);
  std::printf("timed %.1f ms cpu %.0f ms %zu bytes: QRESYNC of %d changes\n",
              times[times.size() / 2], cost * 1000 / rounds, bytes,
              kStored + kExpunged);
}

}  // namespace mail::bench
