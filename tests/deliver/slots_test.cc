// Slots against a server on the loopback network.

#include "deliver/slots.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "base/file.h"
#include "spool/spool.h"
#include "tests/support/fake_resolver.h"
#include "tests/support/smtp_server.h"
#include "tests/support/temp_dir.h"

namespace mail::deliver {
namespace {

constexpr std::string_view kMail = "Subject: x\r\n\r\nhello\r\n";

class SlotsTest : public ::testing::Test {
 protected:
  SlotsTest() { replace_file(dir_.path() + "/mail", kMail, 0600); }

  void start(Slots::Options options) {
    options.tell = [this](const FromSender& message) {
      const std::lock_guard lock(mutex_);
      told_.push_back(message);
      changed_.notify_all();
    };
    slots_ = std::make_unique<Slots>(std::move(options));
  }
  void give(std::uint32_t slot) {
    Errand errand;
    errand.number = ++number_;
    errand.slot = slot;
    errand.id = spool::make_id(wall_time());
    errand.hop.name = "a.test";
    errand.hop.port = server_.port();
    errand.hosts = {{10, "mx.a.test"}};
    errand.length = static_cast<std::int64_t>(kMail.size());
    errand.sender = "ann@us.test";
    errand.recipients = {{"bob@a.test", "", ""}};
    slots_->give(std::move(errand),
                 open_file(dir_.path() + "/mail", O_RDONLY));
  }
  // The next thing that was told; slots that ended are looked after.
  FromSender next() {
    const Micros end = steady_time() + 10 * kSecond;
    while (steady_time() < end) {
      pollfd ended{slots_->wait_on(), POLLIN, 0};
      if (::poll(&ended, 1, 5) == 1) slots_->go_on();
      const std::lock_guard lock(mutex_);
      if (told_.empty()) continue;
      const FromSender first = std::move(told_.front());
      told_.pop_front();
      return first;
    }
    ADD_FAILURE() << "nothing was told";
    return Closed{};
  }
  Report report() {
    while (true) {
      const auto told = next();
      if (const auto* report = std::get_if<Report>(&told)) return *report;
      if (HasFailure()) return {};
    }
  }
  std::size_t told() {
    const std::lock_guard lock(mutex_);
    return told_.size();
  }

  TempDir dir_;
  SmtpServer server_;
  FakeResolver resolver_{"mx.a.test A 127.0.0.1\n"};
  net::TlsClient tls_{""};
  relay::TlsMemory memory_;
  relay::Passwords passwords_;
  relay::Tools tools_{
      resolver_, tls_,     memory_, passwords_,
      "us.test", {},
      relay::Deadlines::for_command(relay::Patience(5'000))};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<FromSender> told_;
  std::uint64_t number_ = 0;
  std::unique_ptr<Slots> slots_;
};

TEST_F(SlotsTest, AConnectionIsUsedForSoLongAndNoLonger) {
  EXPECT_EQ(Slots::Options({.tools = tools_}).longest, 300 * kSecond);
  start({.tools = tools_, .longest = 200 * kMillisecond});
  const Micros begun = steady_time();
  int carried = 0;
  Report last;
  do {
    give(1);
    last = report();
    ASSERT_EQ(last.verdicts.at(0).code, 250);
    ++carried;
  } while (last.open);
  EXPECT_GE(steady_time() - begun, 200 * kMillisecond);
  EXPECT_GT(carried, 1);
  EXPECT_EQ(server_.connections(), 1);
  give(2);
  EXPECT_TRUE(report().open);
  EXPECT_EQ(server_.connections(), 2);
}

TEST_F(SlotsTest, AConnectionCarriesSoManyMessages) {
  EXPECT_EQ(Slots::Options({.tools = tools_}).most_messages, 100);
  start({.tools = tools_, .most_messages = 3});
  for (int i = 1; i <= 4; ++i) {
    give(1);
    EXPECT_EQ(report().open, i != 3) << i;
  }
  EXPECT_EQ(server_.connections(), 2);
}

// All connections are there, one of them about to end.
TEST_F(SlotsTest, AnErrandWaitsForASlotThatEnds) {
  start({.tools = tools_, .most = 1, .idle = std::chrono::milliseconds(300)});
  give(1);
  EXPECT_TRUE(report().open);
  give(2);
  EXPECT_EQ(told(), 0u) << "neither refused nor begun";
  const auto closed = next();
  ASSERT_TRUE(std::holds_alternative<Closed>(closed));
  EXPECT_EQ(std::get<Closed>(closed).slot, 1u);
  const auto second = report();
  EXPECT_EQ(second.slot, 2u);
  EXPECT_EQ(second.verdicts.at(0).code, 250);
}

// The scheduler has heard that it is not open, and uses its room at once.
TEST_F(SlotsTest, NothingIsRefusedWhileASlotSaysGoodbye) {
  start({.tools = tools_, .most = 1, .most_messages = 1});
  for (std::uint32_t slot = 1; slot <= 50; ++slot) {
    give(slot);
    const auto told = report();
    ASSERT_EQ(told.verdicts.at(0).code, 250) << slot;
    EXPECT_FALSE(told.open);
  }
}

// One that has just closed its connection is not given up for lost.
TEST_F(SlotsTest, AnErrandForASlotThatHasEndedOpensAnother) {
  start({.tools = tools_, .idle = std::chrono::milliseconds(1)});
  for (int i = 0; i < 100; ++i) {
    give(1);
    ASSERT_EQ(report().verdicts.at(0).code, 250) << i;
  }
}

TEST_F(SlotsTest, NoMoreWaitThanMayBegin) {
  start({.tools = tools_, .most = 1});
  give(1);
  EXPECT_TRUE(report().open);
  give(2);
  give(3);
  const auto third = report();
  EXPECT_EQ(third.slot, 3u);
  EXPECT_EQ(third.verdicts.at(0).enhanced, "4.3.2");
}

}  // namespace
}  // namespace mail::deliver
