#include "deliver/arrivals.h"

#include <gtest/gtest.h>

namespace mail::deliver {
namespace {

const auto kEach = [](std::uint64_t) { return true; };

TEST(Arrivals, WhatIsAnnouncedDoesNotWaitBehindWhatAScanFound) {
  Arrivals arrivals;
  for (int i = 0; i < 5000; ++i) arrivals.add("old" + std::to_string(i));
  for (int i = 0; i < 5000; ++i) {
    arrivals.park(7, "parked" + std::to_string(i));
  }
  arrivals.announce("new");
  bool met = false;
  for (int i = 0; i < 3; ++i) met |= arrivals.next(kEach) == "new";
  EXPECT_TRUE(met);
  EXPECT_EQ(arrivals.size(), 9998u);
}

TEST(Arrivals, AllAreMetOnceHoweverTheyCame) {
  Arrivals arrivals;
  arrivals.add("a");
  arrivals.announce("b");
  arrivals.park(1, "c");
  EXPECT_EQ(arrivals.due(), 0);
  EXPECT_EQ(arrivals.all(), (std::set<std::string>{"a", "b", "c"}));
  std::set<std::string> met;
  while (const auto id = arrivals.next(kEach)) met.insert(*id);
  EXPECT_EQ(met.size(), 3u);
  EXPECT_EQ(arrivals.size(), 0u);
}

TEST(Arrivals, AParkedOneWaitsForItsAccountsShare) {
  Arrivals arrivals;
  arrivals.park(1, "a");
  arrivals.park(2, "b");
  const auto only_two = [](std::uint64_t account) { return account == 2; };
  EXPECT_EQ(arrivals.next(only_two), "b");
  EXPECT_FALSE(arrivals.next(only_two));
}

TEST(Arrivals, WhatCannotBeOpenedComesAgainAfterGrowingPauses) {
  Arrivals arrivals;
  Micros now = kSecond;
  arrivals.put_off("a", now);
  EXPECT_FALSE(arrivals.next(kEach));
  EXPECT_EQ(arrivals.all(), std::set<std::string>{"a"}) << "it is known";
  Micros last = 0;
  for (int i = 0; i < 12; ++i) {
    const Micros pause = arrivals.due() - now;
    EXPECT_GE(pause, last);
    EXPECT_LE(pause, kMinute);
    last = pause;
    now = arrivals.due();
    arrivals.wake(now - 1);
    EXPECT_FALSE(arrivals.next(kEach));
    arrivals.wake(now);
    EXPECT_EQ(arrivals.next(kEach), "a");
    arrivals.put_off("a", now);
  }
  EXPECT_EQ(last, kMinute);
  arrivals.wake(now + kMinute);
  arrivals.opened("a");
  arrivals.put_off("a", now);
  EXPECT_LT(arrivals.due(), now + kSecond) << "from the start";
}

}  // namespace
}  // namespace mail::deliver
