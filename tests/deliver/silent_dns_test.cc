// A DNS that never says a word, met by a real sender and a real scheduler:
// bounded in time, in memory and in what it costs others.

#include "base/cage_roles.h"
#include "deliver/sender.h"
#include "tests/support/hostile_dns.h"
#include "tests/support/queue_site.h"
#include "tests/support/smtp_server.h"

namespace mail::deliver {
namespace {

constexpr int kSilent = 1000;
constexpr std::int64_t kMostMemory = 100 << 10;  // KiB; of each process

class SilentDnsTest : public ::testing::Test, protected QueueSite {
 protected:
  SilentDnsTest() {
    settings_.hostname = "mail.us.test";
    settings_.tls_authorities.clear();
    settings_.dns_servers = {dns_.address()};
    settings_.routes = {"good.test mx:" + std::to_string(server_.port())};
  }
  ~SilentDnsTest() override { stop(); }

  int sender() override {
    replace_file(dir_.path() + "/sender", std::to_string(::getpid()), 0600);
    Sender sender(
        settings_,
        {{}, "good.test MX 10 mx.good.test\nmx.good.test A 127.0.0.1\n"},
        {1, senders_->theirs, announcements_});
    close_cage(sender_rights());
    ::_exit(sender.run());
  }
  // What it has ever had at a time, in KiB.
  static std::int64_t memory_of(pid_t pid) {
    const auto status =
        read_file("/proc/" + std::to_string(pid) + "/status").value_or("");
    const auto at = status.find("VmHWM:");
    return at == status.npos ? -1 : std::atoll(status.c_str() + at + 6);
  }
  pid_t sender_pid() const {
    return std::atoi(read_file(dir_.path() + "/sender").value_or("").c_str());
  }
  std::size_t active() {
    std::size_t count = 0;
    queue().each_active([&](const auto&) { ++count; });
    return count;
  }
  std::string put_of(std::uint64_t account, const std::string& to) {
    spool::Envelope envelope;
    envelope.arrived = wall_time();
    envelope.sender = "ann@example.test";
    envelope.account = account;
    envelope.recipients.push_back({to, "", ""});
    const auto draft = writer_->create(wall_time(), 0);
    draft->write("Subject: x\r\n\r\nx\r\n");
    draft->commit(envelope);
    return draft->id();
  }

  HostileDns dns_;
  SmtpServer server_;
};

TEST_F(SilentDnsTest, AnothersMailLeavesAndNothingGrows) {
  for (int i = 0; i < kSilent; ++i) {
    put_of(ann_.id, "x@silent-" + std::to_string(i) + ".example.org");
  }
  start();
  ASSERT_TRUE(eventually([&] { return active() == kSilent; }));
  ASSERT_TRUE(eventually([&] { return dns_.asked() > 10; }));
  // Once without a question, and once with one of its own.
  const auto put_and_wait = [&](const std::string& to) {
    const Micros begun = steady_time();
    put_of(bob_.id, to);
    EXPECT_TRUE(eventually([&] { return server_.taken().contains(to); }));
    return steady_time() - begun;
  };
  // The spool is looked at once a second: nobody announces mail here.
  EXPECT_LT(put_and_wait("bob@good.test"), 2 * kSecond);
  EXPECT_LT(put_and_wait("eve@good.test"), 2 * kSecond);
  for (const pid_t pid : {pids_[0], sender_pid()}) {
    EXPECT_GT(memory_of(pid), 0);
    EXPECT_LT(memory_of(pid), kMostMemory);
  }
  // It is told why, and when it is tried again, within the resolver's time.
  std::string why;
  const Micros end = steady_time() + 45 * kSecond;
  while (why.empty() && steady_time() < end) {
    spool::QueueReader(settings_.queue_db())
        .each({}, {}, [&](const spool::QueueMessage& message) {
          if (!message.all.empty()) why = message.all[0].last;
        });
    ::usleep(100'000);
  }
  EXPECT_TRUE(why.contains("the DNS cannot be asked now")) << why;
  EXPECT_EQ(inbox(ann_), 0) << "nothing of it fails";
}

}  // namespace
}  // namespace mail::deliver
