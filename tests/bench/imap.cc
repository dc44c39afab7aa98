// imap: loads for any IMAP server on 127.0.0.1.
//
//   imap fill   --port 10143 --user u%d@bench.test --users 10 --messages 500
//   imap mixed  --port 10143 --clients 20 --users 10 --seconds 10
//   imap append --port 10143 --clients 20 --messages 2000 --bytes 4096
//   imap logins --port 10993 --tls --clients 20 --seconds 10
//   imap timed  --port 10143 --mailbox Big --users 1 "FETCH 1:* (UID FLAGS)"
//   imap resync --port 10143 --mailbox Big --users 1
//   imap push   --port 10143 --clients 2000 --users 200
//   imap hold   --port 10143 --clients 2000 --users 200 --seconds 10
//
// One thread, one epoll.  With --server PID it tells what the server's
// processes cost as well: on a machine that others use too, that is the
// better number.
#include <sys/resource.h>

#include <functional>

#include "base/fault.h"
#include "base/options.h"
#include "base/process.h"
#include "tests/bench/imap_loads.h"

namespace mail::bench {
namespace {

void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

struct Line {
  std::string load;
  ImapTarget target;
  int rounds = 3;
  std::string folder;
  std::vector<std::string> commands;
};

void carry_out(const Line& line) {
  if (line.load == "fill") return fill(line.target);
  if (line.load == "plant") return plant(line.target, line.folder);
  if (line.load == "mixed") return mixed(line.target);
  if (line.load == "append") return appends(line.target);
  if (line.load == "logins") return logins(line.target);
  if (line.load == "push") return push(line.target);
  if (line.load == "hold") return hold(line.target);
  if (line.load == "timed") {
    return timed(line.target, line.commands, line.rounds);
  }
  if (line.load == "resync") return resync(line.target, line.rounds);
  throw Fault("no such load: " + line.load);
}

int run(int argc, char** argv) {
  Line line;
  ImapTarget& target = line.target;
  Options options("imap", "puts load on an IMAP server");
  options.argument("load", line.load,
                   "fill, plant, mixed, append, logins, timed, resync, push or "
                   "hold");
  options.optional_arguments("commands", line.commands, "what timed times");
  options.number("--port", target.peer.port, "the server's port");
  options.flag("--tls", target.peer.tls, "TLS from the first byte");
  options.flag("--resume", target.peer.resume, "resume TLS sessions");
  options.value("--user", target.user, "the name; %d counts to --users");
  options.value("--password", target.password, "of all users");
  options.number("--users", target.users, "how many users");
  options.number("--clients", target.clients, "at the same time");
  options.number("--seconds", target.seconds, "how long");
  options.number("--bytes", target.bytes, "octets a message");
  options.number("--messages", target.messages, "how many messages");
  options.number("--server", target.server, "process to account for");
  options.value("--mailbox", target.mailbox, "where");
  options.value("--folder", line.folder, "account to plant in");
  options.number("--rounds", line.rounds, "how often each is timed");
  options.parse(argc, argv);
  raise_descriptor_limit();
  carry_out(line);
  return 0;
}

}  // namespace
}  // namespace mail::bench

int main(int argc, char** argv) {
  return mail::guarded(mail::bench::run, argc, argv);
}
