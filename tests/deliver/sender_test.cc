// A sender in its cage, in a process of its own; the test is its scheduler.

#include "deliver/sender.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/cage_roles.h"
#include "base/file.h"
#include "mime/message_file.h"
#include "spool/spool.h"
#include "tests/support/smtp_server.h"
#include "tests/support/temp_dir.h"

namespace mail::deliver {
namespace {

constexpr std::string_view kMail = "Subject: x\r\n\r\nhello\r\n.dot\r\n";

struct SenderTest : testing::Test {
  SenderTest() : announcements(1) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    ours = Fd(ends[0]);
    theirs = Fd(ends[1]);
    replace_file(dir.path() + "/mail", kMail, 0600);
    settings.hostname = "mail.example.net";
    settings.dns_local_only = true;
    settings.tls_authorities.clear();
    settings.relay_timeout = 3;
    settings.relay_connections = 20;
  }
  ~SenderTest() override {
    if (child <= 0) return;
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }

  void start() {
    child = ::fork();
    if (child != 0) return;
    Sender sender(settings, {{}, records}, {0, theirs, announcements});
    close_cage(sender_rights());
    ::_exit(sender.run());
  }

  void send(const ToSender& message) {
    const std::string packet = to_packet(message);
    const Fd file = open_file(dir.path() + "/mail", O_RDONLY);
    iovec part{const_cast<char*>(packet.data()), packet.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (std::holds_alternative<Errand>(message)) {
      header.msg_control = control;
      header.msg_controllen = sizeof control;
      cmsghdr* one = CMSG_FIRSTHDR(&header);
      one->cmsg_level = SOL_SOCKET;
      one->cmsg_type = SCM_RIGHTS;
      one->cmsg_len = CMSG_LEN(sizeof(int));
      const int number = file.number();
      std::memcpy(CMSG_DATA(one), &number, sizeof number);
    }
    ASSERT_GT(::sendmsg(ours.number(), &header, MSG_NOSIGNAL), 0);
  }

  template <class Message>
  Message receive() {
    pollfd ready{ours.number(), POLLIN, 0};
    if (::poll(&ready, 1, 10'000) <= 0) {
      ADD_FAILURE() << "nothing came";
      return {};
    }
    std::string packet(kMaxErrandPacket, '\0');
    const auto n = ::recv(ours.number(), packet.data(), packet.size(), 0);
    packet.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    const auto message = parse_from_sender(packet);
    if (!message || !std::holds_alternative<Message>(*message)) {
      ADD_FAILURE() << "another message came: " << packet;
      return {};
    }
    return std::get<Message>(*message);
  }

  Errand errand(std::uint32_t slot, const std::string& to) {
    Errand one;
    one.number = ++last;
    one.slot = slot;
    one.id = spool::make_id(wall_time());
    one.hop.name = "a.test";
    one.hop.port = server.port();
    one.hosts = {{10, "mx.a.test"}};
    one.length = static_cast<std::int64_t>(kMail.size());
    one.prefix = "Received: here\r\n";
    one.sender = "ann@example.net";
    one.has_leading_dot = true;
    one.life = life;
    one.recipients = {{to, "", ""}};
    return one;
  }

  // Ends it; how it died.
  int stop(int signal) {
    ::kill(child, signal);
    int status = 0;
    ::waitpid(child, &status, 0);
    child = -1;
    return status;
  }

  TempDir dir;
  config::Settings settings;
  std::string records = "a.test MX 10 mx.a.test\nmx.a.test A 127.0.0.1\n";
  Announcements announcements;
  Fd ours, theirs;
  SmtpServer server;
  pid_t child = -1;
  std::uint64_t last = 0;
  std::uint64_t life = 0;
};

TEST_F(SenderTest, LooksUpAndDeliversFromInsideItsCage) {
  start();
  life = receive<Ready>().life;
  EXPECT_NE(life, 0u);
  send(Lookup{5, "a.test", life});
  const auto found = receive<Found>();
  EXPECT_EQ(found.number, 5u);
  EXPECT_EQ(found.site, "mx.a.test");
  send(errand(3, "bob@a.test"));
  const auto report = receive<Report>();
  EXPECT_EQ(report.slot, 3u);
  EXPECT_TRUE(report.open);
  ASSERT_EQ(report.visits.size(), 1u);
  EXPECT_EQ(report.visits[0].host, "mx.a.test");
  EXPECT_EQ(report.visits[0].address, "127.0.0.1");
  ASSERT_EQ(report.verdicts.size(), 1u);
  EXPECT_EQ(report.verdicts[0].outcome, Verdict::Outcome::Delivered)
      << report.verdicts[0].text;
  EXPECT_EQ(server.messages().at(0),
            "Received: here\r\n" + std::string(kMail));
}

// The resolver's own sockets, its threads and its randomness.
TEST_F(SenderTest, AsksTheNetworkFromInsideItsCage) {
  const Fd dns(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof here;
  auto* address = reinterpret_cast<sockaddr*>(&here);
  ASSERT_EQ(::bind(dns.number(), address, size), 0);
  ASSERT_EQ(::getsockname(dns.number(), address, &size), 0);
  records.clear();
  settings.dns_local_only = false;
  settings.dns_servers = {"127.0.0.1@" +
                          std::to_string(ntohs(here.sin_port))};
  start();
  life = receive<Ready>().life;
  send(Lookup{5, "asked-for.example", life});
  pollfd ready{dns.number(), POLLIN, 0};
  ASSERT_GT(::poll(&ready, 1, 10'000), 0);
  char query[512];
  EXPECT_GT(::recv(dns.number(), query, sizeof query, 0), 20);
}

TEST_F(SenderTest, ASlotKeepsItsConnectionForTheNextErrand) {
  start();
  life = receive<Ready>().life;
  for (int i = 0; i < 5; ++i) {
    send(errand(1, "bob@a.test"));
    EXPECT_EQ(receive<Report>().verdicts.at(0).code, 250);
  }
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(receive<Closed>().slot, 1u);  // after five seconds
  send(errand(1, "bob@a.test"));
  EXPECT_EQ(receive<Report>().verdicts.at(0).code, 250);
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(SenderTest, DropsWhatIsForOneBeforeIt) {
  send(errand(1, "old@a.test"));
  start();
  life = receive<Ready>().life;
  auto other = errand(1, "older@a.test");
  other.life = life + 2;
  send(other);
  send(errand(1, "new@a.test"));
  receive<Report>();
  EXPECT_EQ(server.taken(), (std::map<std::string, int>{{"new@a.test", 1}}));
}

TEST_F(SenderTest, RefusesErrandsWithoutFile) {
  start();
  life = receive<Ready>().life;
  const std::string packet = to_packet(ToSender(errand(1, "bob@a.test")));
  ASSERT_GT(::send(ours.number(), packet.data(), packet.size(), 0), 0);
  EXPECT_EQ(receive<Report>().verdicts.at(0).outcome,
            Verdict::Outcome::Temporary);
  ASSERT_GT(::send(ours.number(), "rubbish", 7, 0), 0);
  send(errand(1, "bob@a.test"));
  EXPECT_EQ(receive<Report>().verdicts.at(0).code, 250);
}

TEST_F(SenderTest, ConnectionsThatAreClosedLeaveRoomForOthers) {
  settings.relay_connections = 2;
  start();
  life = receive<Ready>().life;
  for (std::uint32_t slot = 1; slot <= 20; ++slot) {
    auto one = errand(slot, "bob@a.test");
    one.hop.port = 1;  // nobody listens
    send(one);
    const auto report = receive<Report>();
    EXPECT_FALSE(report.open);
    EXPECT_EQ(report.verdicts.at(0).enhanced, "4.4.1") << slot;
  }
  send(errand(21, "bob@a.test"));
  EXPECT_EQ(receive<Report>().verdicts.at(0).code, 250);
}

// A message file as the spool has it.
void write_message(const std::string& folder, std::string_view text) {
  const Fd file = open_file(folder + "/mail", O_RDWR | O_CREAT | O_TRUNC);
  const Fd here = open_folder(folder);
  mime::MessageWriter writer(file);
  writer.write(text);
  writer.commit("", here);
}

TEST_F(SenderTest, NothingLeavesThatIsNotWhatWasCommitted) {
  const std::string large = std::string(kMail) + std::string(900'000, 'x');
  write_message(dir.path(), large);
  start();
  life = receive<Ready>().life;
  auto one = errand(1, "bob@a.test");
  one.length = static_cast<std::int64_t>(large.size());
  one.verify = true;
  send(one);
  auto report = receive<Report>();
  EXPECT_FALSE(report.damaged);
  EXPECT_EQ(report.verdicts.at(0).code, 250);

  const Fd file = open_file(dir.path() + "/mail", O_WRONLY);
  ASSERT_EQ(::pwrite(file.number(), "y", 1, 800'000), 1);
  one.number = ++last;
  send(one);
  report = receive<Report>();
  EXPECT_TRUE(report.damaged);
  EXPECT_TRUE(report.visits.empty());
  ASSERT_EQ(report.verdicts.size(), 1u);
  EXPECT_EQ(report.verdicts[0].outcome, Verdict::Outcome::Temporary);
  EXPECT_EQ(server.messages().size(), 1u);

  // A file that is none, or another one.
  replace_file(dir.path() + "/mail", kMail, 0600);
  one = errand(1, "bob@a.test");
  one.verify = true;
  send(one);
  EXPECT_TRUE(receive<Report>().damaged);
  write_message(dir.path(), kMail);
  one = errand(1, "bob@a.test");
  one.verify = true;
  one.length -= 1;
  send(one);
  EXPECT_TRUE(receive<Report>().damaged);
}

// A server played by the test itself, so that it can stop anywhere.
class SlowServer {
 public:
  SlowServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    auto* address = reinterpret_cast<sockaddr*>(&here);
    EXPECT_EQ(::bind(listener_.number(), address, size), 0);
    EXPECT_EQ(::listen(listener_.number(), 5), 0);
    EXPECT_EQ(::getsockname(listener_.number(), address, &size), 0);
    port = ntohs(here.sin_port);
  }
  std::uint16_t port = 0;

  // Up to the client's first octets of the message.
  void converse_up_to_data() {
    pollfd ready{listener_.number(), POLLIN, 0};
    ASSERT_GT(::poll(&ready, 1, 10'000), 0);
    socket_ = Fd(::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
    say("220 slow");
    read_to("\r\n");
    say("250 slow");
    for (int i = 0; i < 2; ++i) {
      read_to("\r\n");
      say("250 ok");
    }
    read_to("DATA\r\n");
  }
  void say(const std::string& line) { socket_.write(line + "\r\n"); }

  // Reads until that is the end of it; false when the other side has closed.
  bool read_to(std::string_view end) {
    std::string text;
    char c = 0;
    while (!text.ends_with(end)) {
      pollfd ready{socket_.number(), POLLIN, 0};
      if (::poll(&ready, 1, 10'000) <= 0) return false;
      if (::recv(socket_.number(), &c, 1, 0) <= 0) return false;
      text += c;
    }
    return true;
  }

 private:
  Fd listener_;
  Fd socket_;
};

struct StoppingSenderTest : SenderTest {
  // The sender waits for the answer to DATA.
  void begin() {
    settings.relay_timeout = 30;
    start();
    life = receive<Ready>().life;
    auto one = errand(1, "bob@a.test");
    one.hop.port = slow.port;
    send(one);
    slow.converse_up_to_data();
  }
  // How it ended, and how long that took.
  int wait(Micros since) {
    int status = 0;
    ::waitpid(child, &status, 0);
    child = -1;
    EXPECT_LT(steady_time() - since, 4'800 * kMillisecond);
    return status;
  }
  SlowServer slow;
};

TEST_F(StoppingSenderTest, AMessageThatIsGoingOutMayEnd) {
  begin();
  slow.say("354 go on");
  ASSERT_TRUE(slow.read_to("Subject"));
  const Micros before = steady_time();
  ::kill(child, SIGTERM);
  ASSERT_TRUE(slow.read_to("\r\n.\r\n"));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  slow.say("250 2.0.0 taken");
  EXPECT_EQ(receive<Report>().verdicts.at(0).outcome,
            Verdict::Outcome::Delivered);
  EXPECT_EQ(wait(before), 0);
}

TEST_F(StoppingSenderTest, AMessageThatHasNotBegunDoesNot) {
  begin();
  ::kill(child, SIGTERM);
  EXPECT_EQ(wait(steady_time()), 0);
  EXPECT_FALSE(slow.read_to("Subject"));
}

TEST_F(StoppingSenderTest, AServerThatTakesItsTimeIsNotWaitedFor) {
  begin();
  slow.say("354 go on");
  ASSERT_TRUE(slow.read_to("\r\n.\r\n"));
  ::kill(child, SIGTERM);
  EXPECT_EQ(wait(steady_time()), 0);
}

TEST_F(SenderTest, AConnectionCarriesAHundredMessages) {
  start();
  life = receive<Ready>().life;
  for (int i = 1; i <= 101; ++i) {
    send(errand(1, "bob@a.test"));
    const auto report = receive<Report>();
    ASSERT_EQ(report.verdicts.at(0).outcome, Verdict::Outcome::Delivered);
    EXPECT_EQ(report.open, i != 100) << i;
  }
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(SenderTest, LeavesOnSigterm) {
  start();
  life = receive<Ready>().life;
  send(errand(1, "bob@a.test"));
  receive<Report>();
  const int status = stop(SIGTERM);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace mail::deliver
