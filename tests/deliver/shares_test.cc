#include "deliver/shares.h"

#include <gtest/gtest.h>

#include "deliver/arrivals.h"

namespace mail::deliver {
namespace {

int fill(Shares<int>& shares, int key) {
  int count = 0;
  while (shares.may_take(key)) {
    shares.take(key, 1);
    ++count;
  }
  return count;
}

TEST(Shares, OneGetsHalfAndThereIsRoomForTheNext) {
  Shares<int> shares(1000, 2);
  EXPECT_EQ(fill(shares, 1), 500);
  EXPECT_EQ(fill(shares, 2), 250);
  EXPECT_EQ(fill(shares, 3), 125);
  shares.give_back(1, 500);
  EXPECT_TRUE(shares.may_take(3));
  EXPECT_EQ(shares.held_by(1), 0u);
}

TEST(Shares, AFewAreAlwaysAllowed) {
  Shares<int> shares(10, 2);
  shares.take(1, 10);
  EXPECT_EQ(shares.free(), 0u);
  EXPECT_FALSE(shares.may_take(1));
  EXPECT_EQ(fill(shares, 2), 2);
}

const auto kNobody = [](std::uint64_t) { return false; };
const auto kAll = [](std::uint64_t) { return true; };

TEST(Arrivals, AccountsWithParkedMailTakeTurns) {
  Arrivals arrivals;
  for (int i = 0; i < 3; ++i) arrivals.park(1, "a" + std::to_string(i));
  arrivals.park(2, "b");
  EXPECT_FALSE(arrivals.next(kNobody));
  EXPECT_EQ(arrivals.next(kAll), "a0");
  EXPECT_EQ(arrivals.next(kAll), "b");
  EXPECT_EQ(arrivals.next([](std::uint64_t one) { return one == 1; }), "a1");
  EXPECT_EQ(arrivals.size(), 1u);
}

TEST(Arrivals, WhatIsNewIsOpenedBesideWhatIsParked) {
  Arrivals arrivals;
  for (int i = 0; i < 100; ++i) arrivals.park(1, "parked");
  arrivals.add("new");
  EXPECT_EQ(arrivals.all().size(), 2u);
  const auto first = arrivals.next(kAll);
  const auto second = arrivals.next(kAll);
  EXPECT_TRUE(first == "new" || second == "new");
  arrivals.add("newer");
  EXPECT_EQ(arrivals.next(kNobody), "newer");
}

TEST(Arrivals, WhatDoesNotFitIsFoundByAScan) {
  Arrivals arrivals;
  for (int i = 0; i < 100'001; ++i) arrivals.add("x");
  EXPECT_EQ(arrivals.size(), 100'000u);
  EXPECT_FALSE(arrivals.wants_scan());
  while (arrivals.next(kNobody)) {
  }
  EXPECT_TRUE(arrivals.wants_scan());
  arrivals.scanned();
  EXPECT_FALSE(arrivals.wants_scan());
}

}  // namespace
}  // namespace mail::deliver
