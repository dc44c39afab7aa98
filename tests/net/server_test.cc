#include "net/server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <deque>

#include "base/base64.h"
#include "base/file.h"
#include "base/process.h"
#include "tests/support/echo_server.h"
#include "tests/support/scripted_peer.h"

namespace mail::net {
namespace {

using std::chrono::milliseconds;

// Asks again until the answer fits, for ten seconds at most.
template <class Ask>
bool eventually(Ask ask) {
  for (int n = 0; n < 1000; ++n) {
    if (ask()) return true;
    ::usleep(10'000);
  }
  return false;
}

TEST(ServerTest, AnswersLines) {
  EchoServer server;
  ScriptedPeer peer(server.port());
  EXPECT_EQ(peer.line(), "hello on smtp");
  EXPECT_EQ(peer.ask("one"), "you said one");
  EXPECT_EQ(peer.ask("QUIT"), "bye");
  EXPECT_TRUE(peer.closes());
}

TEST(ServerTest, ServesWhatCameBeforeThePeerClosed) {
  EchoServer server;
  ScriptedPeer peer(server.port());
  peer.send("one\r\ntwo\r\n");
  peer.finish();
  EXPECT_EQ(peer.line(), "hello on smtp");
  EXPECT_EQ(peer.line(), "you said one");
  EXPECT_EQ(peer.line(), "you said two");
  EXPECT_TRUE(peer.closes());
}

TEST(ServerTest, AnswersTwoCommandsInOneTlsRecord) {
  EchoServer server;
  ScriptedPeer peer(server.tls_port());
  ASSERT_TRUE(peer.start_tls());
  EXPECT_EQ(peer.line(), "hello on submissions");
  peer.send("one\r\ntwo\r\n");
  EXPECT_EQ(peer.line(), "you said one");
  EXPECT_EQ(peer.line(), "you said two");
}

TEST(ServerTest, SecuresAConnectionInTheMiddle) {
  EchoServer server;
  ScriptedPeer peer(server.port());
  peer.line();
  EXPECT_EQ(peer.ask("STARTTLS"), "go ahead");
  ASSERT_TRUE(peer.start_tls("first.example"));
  EXPECT_EQ(peer.ask("TLS"),
            "TLSv1.3 first.example " + base64_encode(peer.exporter()) + " 32");
}

TEST(ServerTest, BytesBehindStarttlsCloseTheConnection) {
  EchoServer server;
  ScriptedPeer peer(server.port());
  peer.line();
  EXPECT_EQ(peer.ask("STARTTLS\r\ninjected"), "go ahead");
  EXPECT_EQ(peer.line(), "(closed)");
}

TEST(ServerTest, ChoosesTheCertificateByName) {
  EchoServer server;
  for (const std::string name : {"other.example", "first.example"}) {
    ScriptedPeer peer(server.tls_port());
    ASSERT_TRUE(peer.start_tls(name));
    EXPECT_EQ(peer.certificate_name(), name);
  }
  ScriptedPeer peer(server.tls_port());
  ASSERT_TRUE(peer.start_tls("unknown.example"));
  EXPECT_EQ(peer.certificate_name(), "first.example");
}

TEST(ServerTest, AnyWorkerResumesASession) {
  ServerSettings settings;
  settings.capacity.workers = 2;
  EchoServer server(settings);
  ScriptedPeer last(server.tls_port());
  ASSERT_TRUE(last.start_tls());
  for (int n = 0; n < 6; ++n) {
    last.line();  // the ticket has come with it
    ScriptedPeer next(server.tls_port());
    next.resume(last);
    ASSERT_TRUE(next.start_tls());
    EXPECT_TRUE(next.resumed());
    last = std::move(next);
  }
}

TEST(ServerTest, DelaysPassWithoutOtherCommandsBeingServed) {
  EchoServer server;
  ScriptedPeer peer(server.port());
  peer.line();
  peer.send("DELAY 200\r\none\r\n");
  EXPECT_TRUE(peer.silent(100));
  EXPECT_EQ(peer.line(), "you said one");
}

TEST(ServerTest, AWakeUpReachesASessionThatWaits) {
  EchoServer server;
  ScriptedPeer peer(server.port());
  peer.line();
  EXPECT_EQ(peer.ask("WAKE 50"), "woken");
  EXPECT_EQ(peer.ask("WAKE 0"), "woken");
}

TEST(ServerTest, AByteNowAndThenDoesNotRenewTheDeadline) {
  EchoServer server;
  ScriptedPeer peer(server.port());
  peer.line();
  peer.ask("WAIT 400");
  const auto start = std::chrono::steady_clock::now();
  while (peer.silent(50)) peer.send("x");
  EXPECT_EQ(peer.line(), "too slow");
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(2000));
  EXPECT_TRUE(peer.closes());
}

TEST(ServerTest, AHandshakeThatStallsIsGivenUp) {
  ServerSettings settings;
  settings.handshake_deadline = milliseconds(200);
  EchoServer server(settings);
  ScriptedPeer peer(server.tls_port());
  peer.send("\x16\x03\x01");
  EXPECT_EQ(peer.line(), "(closed)");
}

TEST(ServerTest, APeerThatNeverReadsIsLetGo) {
  ServerSettings settings;
  settings.write_deadline = milliseconds(300);
  settings.capacity.workers = 1;
  EchoServer server(settings);
  ScriptedPeer deaf(server.port());
  deaf.line();
  deaf.send("BIG 30000000\r\n");
  ScriptedPeer other(server.port());
  other.line();
  EXPECT_EQ(other.ask("one"), "you said one");
  // What fits into the sockets comes; then it ends early.
  ::usleep(800'000);
  EXPECT_LT(deaf.bytes(30'000'000).size(), 30'000'000U);
}

TEST(ServerTest, SlowReadersGetAllOfIt) {
  EchoServer server;
  TempDir dir;
  std::string content(3'000'000, 'c');
  for (std::size_t n = 0; n < content.size(); n += 997) content[n] = 'd';
  replace_file(dir.path() + "/file", content, 0600);
  for (const std::uint16_t port : {server.port(), server.tls_port()}) {
    ScriptedPeer peer(port);
    if (port == server.tls_port()) {
      ASSERT_TRUE(peer.start_tls());
    }
    peer.line();
    peer.send("BIG 3000000\r\nFILE " + dir.path() + "/file\r\nend\r\n");
    ::usleep(100'000);
    EXPECT_EQ(peer.bytes(3'000'000), std::string(3'000'000, 'x'));
    EXPECT_EQ(peer.bytes(content.size()), content);
    EXPECT_EQ(peer.line(), "you said end");
  }
}

TEST(ServerTest, LinesWithoutEndCloseTheConnection) {
  EchoServer server;
  ScriptedPeer peer(server.port());
  peer.line();
  peer.send(std::string(300'000, 'a'));
  EXPECT_EQ(peer.line(), "(closed)");
}

TEST(ServerTest, ABlockedThreadHoldsUpNobodyElse) {
  ServerSettings settings;
  settings.capacity.workers = 1;
  settings.threads_per_group = 2;
  EchoServer server(settings);
  std::vector<ScriptedPeer> blockers;
  for (int n = 0; n < 3; ++n) {
    blockers.emplace_back(server.port());
    blockers.back().line();
  }
  for (ScriptedPeer& peer : blockers) peer.send("SLEEP 600\r\n");
  ::usleep(50'000);
  // The address has its two threads; another one is served all the same.
  ScriptedPeer other(server.port(), "127.0.0.2");
  other.line();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(other.ask("one"), "you said one");
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(300));
  for (ScriptedPeer& peer : blockers) {
    EXPECT_EQ(peer.line(), "you said SLEEP 600");
  }
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(1000));
}

// A file that no socket takes whole.
class LargeFile {
 public:
  LargeFile() {
    open_file(path(), O_WRONLY | O_CREAT, 0644).truncate(64 << 20);
  }
  std::string path() const { return dir_.path() + "/large"; }

 private:
  TempDir dir_;
};

// So many peers, each of an address of its own, who ask for it and read
// nothing.
std::deque<ScriptedPeer> who_never_read(std::uint16_t port, int count,
                                        const LargeFile& file) {
  std::deque<ScriptedPeer> peers;
  for (int n = 0; n < count; ++n) {
    peers.emplace_back(port, "127.0." + std::to_string(1 + n / 200) + "." +
                                 std::to_string(1 + n % 200));
    peers.back().line();
    peers.back().send("FILE " + file.path() + "\r\n");
  }
  return peers;
}

TEST(ServerTest, WhoNeverReadsKeepsNoThreadFromOthers) {
  ServerSettings settings;
  settings.capacity.workers = 1;
  settings.capacity.threads = 1;
  EchoServer server(settings);
  const LargeFile file;
  const auto silent = who_never_read(server.port(), 20, file);
  ::usleep(100'000);
  ScriptedPeer other(server.port());
  EXPECT_EQ(other.line(), "hello on smtp");
  EXPECT_EQ(other.ask("one"), "you said one");
}

// More of them than threads are made for.
TEST(ServerTest, WhoNeverReadsIsNotWaitedForLongWhileOthersWait) {
  ServerSettings settings;
  settings.capacity.workers = 1;
  settings.capacity.threads = 1;
  settings.queue_deadline = milliseconds(20'000);
  EchoServer server(settings);
  const LargeFile file;
  const auto start = std::chrono::steady_clock::now();
  const auto silent = who_never_read(server.port(), 260, file);
  ScriptedPeer other(server.port());
  EXPECT_EQ(other.line(), "hello on smtp");
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(15'000));
}

TEST(ServerTest, AFloodFromOneAddressLeavesOthersAlone) {
  ServerSettings settings;
  settings.capacity.workers = 2;
  settings.capacity.limits.per_address = 50;
  EchoServer server(settings);
  int served = 0;
  int refused = 0;
  std::vector<ScriptedPeer> flood;
  for (int n = 0; n < 5000; ++n) {
    ScriptedPeer peer(server.port());
    const std::string line = peer.line();
    if (line == "hello on smtp") {
      ++served;
      flood.push_back(std::move(peer));
    }
    if (line == "421 too many of you") ++refused;
  }
  EXPECT_EQ(served, 50);
  EXPECT_EQ(refused, 4950);
  ScriptedPeer other(server.port(), "127.0.0.2");
  EXPECT_EQ(other.line(), "hello on smtp");
  flood.clear();
  EXPECT_TRUE(eventually(
      [&] { return ScriptedPeer(server.port()).line() == "hello on smtp"; }));
}

TEST(ServerTest, AllConnectionsTogetherAreLimitedToo) {
  ServerSettings settings;
  settings.capacity.limits.total = 2;
  EchoServer server(settings);
  ScriptedPeer one(server.port());
  ScriptedPeer two(server.port(), "127.0.0.2");
  EXPECT_EQ(one.line(), "hello on smtp");
  EXPECT_EQ(two.line(), "hello on smtp");
  EXPECT_EQ(ScriptedPeer(server.port()).line(), "421 full");
}

TEST(ServerTest, AnAccountHasSoManySessionsInAllWorkers) {
  ServerSettings settings;
  settings.capacity.workers = 2;
  settings.capacity.limits.per_account = 3;
  EchoServer server(settings);
  std::vector<ScriptedPeer> peers;
  for (int n = 0; n < 5; ++n) {
    peers.emplace_back(server.port());
    peers.back().line();
    EXPECT_EQ(peers.back().ask("JOIN 7"), n < 3 ? "joined" : "full");
  }
  EXPECT_EQ(peers[4].ask("JOIN 8"), "joined");
  peers.erase(peers.begin());
  ScriptedPeer again(server.port());
  again.line();
  EXPECT_TRUE(eventually([&] { return again.ask("JOIN 7") == "joined"; }));
}

TEST(ServerTest, ADeadWorkerIsReplacedAndItsCountsAreCleared) {
  ServerSettings settings;
  settings.capacity.workers = 1;
  settings.capacity.limits.per_address = 1;
  EchoServer server(settings);
  ScriptedPeer doomed(server.port());
  doomed.line();
  EXPECT_EQ(doomed.ask("CRASH"), "(closed)");
  EXPECT_TRUE(eventually(
      [&] { return ScriptedPeer(server.port()).line() == "hello on smtp"; }));
}

TEST(ServerTest, HangupBringsANewCertificateAndDropsNobody) {
  EchoServer server;
  ScriptedPeer old(server.tls_port());
  ASSERT_TRUE(old.start_tls());
  old.line();
  const std::string worker = old.ask("PID");
  server.set_certificate("second.example");
  server.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] {
    ScriptedPeer peer(server.tls_port());
    return peer.start_tls() && peer.certificate_name() == "second.example";
  }));
  EXPECT_EQ(old.ask("PID"), worker);
  EXPECT_EQ(old.ask("QUIT"), "bye");
  const pid_t process = std::atoi(worker.c_str());
  EXPECT_TRUE(eventually([&] { return ::kill(process, 0) != 0; }));
}

// A peer of another generation than `old`, greeted or not.
std::string first_words_after(EchoServer& server, ScriptedPeer& old) {
  const std::string before = old.ask("PID");
  server.signal(SIGHUP);
  std::string words;
  EXPECT_TRUE(eventually([&] {
    ScriptedPeer peer(server.port(), "127.0.0.9");
    words = peer.line();
    return peer.ask("PID") != before;
  }));
  return words;
}

TEST(ServerTest, HangupBringsOtherLimitsAndCountsOn) {
  ServerSettings settings;
  settings.capacity.workers = 1;
  EchoServer server(settings);
  Limits limits;
  limits.per_address = 3;
  limits.per_account = 2;
  limits.others = {{"127.0.0.2", 1}};
  ScriptedPeer old(server.port());
  ScriptedPeer other(server.port(), "127.0.0.2");
  old.line();
  other.line();
  EXPECT_EQ(old.ask("JOIN 7"), "joined");
  server.set_limits(limits);
  EXPECT_EQ(first_words_after(server, old), "hello on smtp");
  // What the older generation holds counts.
  EXPECT_EQ(ScriptedPeer(server.port(), "127.0.0.2").line(),
            "421 too many of you");
  ScriptedPeer two(server.port());
  ScriptedPeer three(server.port());
  EXPECT_EQ(two.line(), "hello on smtp");
  EXPECT_EQ(three.line(), "hello on smtp");
  EXPECT_EQ(ScriptedPeer(server.port()).line(), "421 too many of you");
  EXPECT_EQ(two.ask("JOIN 7"), "joined");
  EXPECT_EQ(three.ask("JOIN 7"), "full");
  limits.total = 4;
  limits.per_address = 100;
  server.set_limits(limits);
  server.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] {
    return ScriptedPeer(server.port()).line() == "421 full";
  }));
  EXPECT_EQ(old.ask("one"), "you said one");
}

TEST(ServerTest, ABadCertificateAtHangupChangesNothing) {
  EchoServer server;
  EXPECT_EQ(ScriptedPeer(server.port()).line(), "hello on smtp");
  server.break_certificate();
  server.signal(SIGHUP);
  ::usleep(300'000);
  ScriptedPeer peer(server.tls_port());
  ASSERT_TRUE(peer.start_tls());
  EXPECT_EQ(peer.certificate_name(), "first.example");
}

TEST(ServerTest, OnlyThreeGenerationsLive) {
  ServerSettings settings;
  settings.capacity.workers = 1;
  settings.hand_over = milliseconds(400);
  EchoServer server(settings);
  const auto start = std::chrono::steady_clock::now();
  std::vector<ScriptedPeer> peers;
  std::vector<std::string> workers;
  for (int n = 0; n < 4; ++n) {
    EXPECT_TRUE(eventually([&] {
      ScriptedPeer peer(server.port());
      peer.line();
      const std::string worker = peer.ask("PID");
      if (std::ranges::find(workers, worker) != workers.end()) return false;
      workers.push_back(worker);
      peers.push_back(std::move(peer));
      return true;
    }));
    server.signal(SIGHUP);
  }
  EXPECT_EQ(peers[0].line(), "bye, we stop");
  EXPECT_GE(std::chrono::steady_clock::now() - start, settings.hand_over);
  EXPECT_EQ(peers[3].ask("one"), "you said one");
}

TEST(ServerTest, TermSaysFarewell) {
  EchoServer server;
  ScriptedPeer idle(server.port());
  ScriptedPeer secure(server.tls_port());
  ScriptedPeer busy(server.port());
  idle.line();
  busy.line();
  ASSERT_TRUE(secure.start_tls());
  secure.line();
  busy.send("SLEEP 300\r\n");
  ::usleep(100'000);
  server.signal(SIGTERM);
  EXPECT_EQ(idle.line(), "bye, we stop");
  EXPECT_EQ(secure.line(), "bye, we stop");
  EXPECT_EQ(busy.line(), "you said SLEEP 300");
  EXPECT_EQ(busy.line(), "bye, we stop");
  EXPECT_EQ(server.wait(), 0);
}

TEST(ServerTest, TermWaitsForNobodyForLong) {
  ServerSettings settings;
  settings.stop_time = milliseconds(500);
  EchoServer server(settings);
  ScriptedPeer busy(server.port());
  busy.line();
  busy.send("SLEEP 60000\r\n");
  ::usleep(100'000);
  const auto start = std::chrono::steady_clock::now();
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(2000));
}

TEST(ServerTest, WorkThatWaitsTooLongRefusesNewPeers) {
  ServerSettings settings;
  settings.capacity.workers = 1;
  settings.capacity.threads = 1;
  settings.queue_deadline = milliseconds(200);
  EchoServer server(settings);
  ScriptedPeer busy(server.port());
  busy.line();
  ScriptedPeer waiting(server.port(), "127.0.0.2");
  waiting.line();
  busy.send("SLEEP 1500\r\n");
  ::usleep(50'000);
  waiting.send("one\r\n");
  ::usleep(400'000);
  EXPECT_EQ(ScriptedPeer(server.port()).line(), "421 busy");
  EXPECT_EQ(waiting.line(), "you said one");
}

}  // namespace
}  // namespace mail::net
