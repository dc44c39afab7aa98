#include "directory/failures.h"

#include <gtest/gtest.h>

#include "directory/remembered.h"
#include "tests/support/fake_clock.h"

namespace mail::directory {
namespace {

using namespace std::chrono_literals;

struct FailuresTest : testing::Test {
  // Fails `count` times with different guesses; the last delay.
  std::chrono::milliseconds fail(const char* address, int count,
                                 const char* name = "ann@here.example") {
    std::chrono::milliseconds delay{};
    for (int i = 0; i < count; ++i) {
      delay = failures.failed(address, name, std::to_string(guesses++));
    }
    return delay;
  }

  FakeClock clock;
  Failures failures{clock};
  int guesses = 0;
};

TEST_F(FailuresTest, DelaysMoreAndMoreThenBansTheAddress) {
  EXPECT_EQ(fail("192.0.2.1", 1), 500ms);
  EXPECT_EQ(fail("192.0.2.1", 1), 1000ms);
  EXPECT_EQ(fail("192.0.2.1", 7), 8000ms);
  EXPECT_FALSE(failures.banned("192.0.2.1"));
  fail("192.0.2.1", 1);
  EXPECT_TRUE(failures.banned("192.0.2.1"));
  EXPECT_FALSE(failures.banned("192.0.2.2"));
  clock.advance(kHour);
  EXPECT_FALSE(failures.banned("192.0.2.1"));
}

TEST_F(FailuresTest, ForgivesWhatIsLongAgo) {
  for (int i = 0; i < 5; ++i) {
    fail("192.0.2.1", 9);
    clock.advance(11 * kMinute);
  }
  EXPECT_FALSE(failures.banned("192.0.2.1"));
}

TEST_F(FailuresTest, TakesAnIpv6NetworkAsOne) {
  EXPECT_EQ(network_of("2001:db8:1:2:3::4"), "2001:db8:1:2::/64");
  EXPECT_EQ(network_of("::ffff:192.0.2.1"), "192.0.2.1");
  fail("2001:db8::1", 5);
  fail("2001:db8::2", 5);
  EXPECT_TRUE(failures.banned("2001:db8::3"));
  EXPECT_FALSE(failures.banned("2001:db8:0:1::3"));
}

TEST_F(FailuresTest, CountsTheSameWrongPasswordOnce) {
  for (int i = 0; i < 50; ++i) {
    failures.failed("192.0.2.1", "ann@here.example", "old");
  }
  EXPECT_FALSE(failures.banned("192.0.2.1"));
}

TEST_F(FailuresTest, DelaysStrangersWhenOneNameIsGuessedFromEverywhere) {
  failures.succeeded("192.0.2.200");
  for (int i = 1; i <= 100; ++i) {
    fail(("192.0.2." + std::to_string(i)).c_str(), 1);
  }
  EXPECT_EQ(fail("192.0.2.150", 1), 500ms + 8000ms);
  EXPECT_EQ(fail("192.0.2.150", 1, "bob@here.example"), 1000ms);
  EXPECT_EQ(fail("192.0.2.200", 1), 500ms);
}

TEST_F(FailuresTest, NeverBansLoopback) {
  for (const char* address : {"127.0.0.1", "::1", ""}) {
    EXPECT_EQ(fail(address, 100), 200ms);
    EXPECT_FALSE(failures.banned(address));
  }
}

TEST_F(FailuresTest, ListsAndLiftsBans) {
  fail("192.0.2.1", 10);
  fail("2001:db8::1", 10);
  EXPECT_EQ(failures.bans().size(), 2u);
  EXPECT_TRUE(failures.unban("2001:db8::77"));
  EXPECT_TRUE(failures.unban("192.0.2.1"));
  EXPECT_FALSE(failures.unban("192.0.2.1"));
  EXPECT_TRUE(failures.bans().empty());
  EXPECT_EQ(fail("192.0.2.1", 1, "bob@here.example"), 500ms);
}

TEST(RememberedTest, KnowsForAWhileWhatSucceeded) {
  FakeClock clock;
  Remembered remembered(clock, 10 * kMinute);
  const auto tag = remembered.tag(1, 1, "secret");
  EXPECT_FALSE(remembered.knows(tag));
  remembered.add(tag);
  EXPECT_TRUE(remembered.knows(remembered.tag(1, 1, "secret")));
  EXPECT_FALSE(remembered.knows(remembered.tag(1, 2, "secret")));
  EXPECT_FALSE(remembered.knows(remembered.tag(2, 1, "secret")));
  EXPECT_FALSE(remembered.knows(remembered.tag(1, 1, "Secret")));
  clock.advance(9 * kMinute);
  remembered.add(tag);  // not prolonged
  clock.advance(kMinute);
  EXPECT_FALSE(remembered.knows(tag));
}

}  // namespace
}  // namespace mail::directory
