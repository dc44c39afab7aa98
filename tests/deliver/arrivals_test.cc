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
  EXPECT_TRUE(arrivals.has_unknown());
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

}  // namespace
}  // namespace mail::deliver
