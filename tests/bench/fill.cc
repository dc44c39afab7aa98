// fill - puts mail into a spool while no daemon runs, for measurements.
//
//   fill CONFIG --messages 10000 --to u@d%d.bench.test --spread 1000
//        [--from ann@bench.test] [--account 7] [--bytes 4096]
//   fill CONFIG --messages 1000000 --deferred ...   rows in queue.db, due in
//        hours, without files
//
// %d in --to becomes the number of the message modulo --spread.  Each message
// has its number as X-Token.

#include <string>

#include "base/options.h"
#include "base/process.h"
#include "config/load.h"
#include "spool/queue_db.h"
#include "spool/spool.h"

namespace {

using namespace mail;

struct Wish {
  int messages = 1;
  std::string to = "u@d%d.bench.test";
  int spread = 1;
  std::string from = "ann@bench.test";
  int account = 0;
  int bytes = 4096;
  int sites = 50;
  bool deferred = false;
};

std::string address(const Wish& wish, long k) {
  std::string to = wish.to;
  const auto at = to.find("%d");
  if (at != to.npos) {
    to.replace(at, 2, std::to_string(k % wish.spread));
  }
  return to;
}

void put(spool::Writer& writer, const Wish& wish, long k) {
  spool::Envelope envelope;
  envelope.arrived = wall_time();
  envelope.sender = wish.from;
  envelope.account = static_cast<std::uint64_t>(wish.account);
  envelope.recipients.push_back({address(wish, k), "", ""});
  const auto draft = writer.create(wall_time(), 0);
  draft->write("Subject: x\r\nX-Token: " + std::to_string(k) + "\r\n\r\n");
  const std::string line(78, 'x');
  for (int n = wish.bytes; n > 0; n -= 80) {
    draft->write(line + "\r\n");
  }
  draft->commit(envelope);
}

spool::StoredMessage row(const Wish& wish, long k) {
  spool::StoredMessage message;
  const Micros now = wall_time();
  message.id = spool::make_id(now - k * kMillisecond);
  message.size = 4096;
  message.sender = wish.from;
  message.account = static_cast<std::uint64_t>(k % 100);
  message.arrived = now - k * kMillisecond;
  message.expires = now + 4 * kDay;
  auto& to = message.recipients.emplace_back();
  to.address = address(wish, k);
  to.site = "mx" + std::to_string(k % 50) + ".bench.test";
  to.attempts = 3;
  to.next_at = now + 2 * kHour + k * kMillisecond;
  to.last_code = "4.4.1";
  to.last_text = "no host of the site answers: connection timed out";
  return message;
}

int run(int argc, char** argv) {
  Wish wish;
  std::string config;
  Options options("fill", "puts mail into a spool");
  options.argument("config", config, "mail.toml");
  options.number("--messages", wish.messages, "how many");
  options.value("--to", wish.to, "the recipient");
  options.number("--spread", wish.spread, "values of %d");
  options.value("--from", wish.from, "the sender");
  options.number("--account", wish.account, "its account's number");
  options.number("--bytes", wish.bytes, "of the body");
  options.number("--sites", wish.sites, "only the first of each 50 messages");
  options.flag("--deferred", wish.deferred, "rows, not files");
  options.parse(argc, argv);
  const auto settings = config::load(config);
  const long count = wish.messages;
  if (!wish.deferred) {
    spool::Writer writer(settings.spool());
    for (long k = 0; k < count; ++k) {
      if (k % 50 < wish.sites) put(writer, wish, k);
    }
    return 0;
  }
  spool::QueueDb db(settings.queue_db());
  for (long k = 0; k < count;) {
    std::vector<spool::StoredMessage> group;
    for (; group.size() < 5000 && k < count; ++k) {
      group.push_back(row(wish, k));
    }
    db.write(group, {});
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return guarded(run, argc, argv); }
