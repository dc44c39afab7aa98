#include "deliver/destinations.h"

#include <gtest/gtest.h>

#include <memory>

namespace mail::deliver {
namespace {

class DestinationsTest : public ::testing::Test {
 protected:
  Message& message(std::uint64_t account) {
    auto& one = *messages_.emplace_back(std::make_unique<Message>());
    one.account = account;
    return one;
  }
  void wait(std::uint64_t account, const std::string& domain) {
    destinations_.wait(domain, {&message(account), domain, {0}});
  }
  // The domain asked for next, by this sender; empty: none.
  std::string ask(std::size_t sender = 0) {
    const auto lookup = destinations_.next();
    if (!lookup) return "";
    destinations_.sent(sender);
    asked_[lookup->domain] = lookup->number;
    return lookup->domain;
  }
  std::size_t answer(const std::string& domain) {
    Found found;
    found.number = asked_[domain];
    found.ttl = 60;
    return destinations_.take(std::move(found), steady_time()).size();
  }

  std::vector<std::unique_ptr<Message>> messages_;
  Destinations destinations_;
  std::map<std::string, std::uint64_t> asked_;
};

TEST_F(DestinationsTest, ADomainIsAskedForOnceForAllWhoWait) {
  wait(1, "x.example");
  wait(1, "x.example");
  wait(2, "x.example");
  EXPECT_EQ(ask(), "x.example");
  EXPECT_EQ(ask(), "");
  wait(3, "x.example");
  EXPECT_EQ(ask(), "");
  EXPECT_EQ(answer("x.example"), 4u);
  EXPECT_TRUE(destinations_.find("x.example", steady_time()));
  EXPECT_EQ(ask(), "");
}

// Whose DNS is slow: as many questions are out as may be.
TEST_F(DestinationsTest, AThousandDomainsOfOneDoNotDelayAnothersOne) {
  for (int i = 0; i < 1000; ++i) {
    wait(1, "slow" + std::to_string(i) + ".example");
  }
  while (!ask().empty()) {
  }
  EXPECT_EQ(asked_.size(), 24u);
  // Nothing has come back: there is room for others all the same.
  for (std::uint64_t account = 2; account < 6; ++account) {
    for (int i = 0; i < 100; ++i) {
      wait(account, std::to_string(account) + "-" + std::to_string(i) +
                        ".example");
    }
    EXPECT_EQ(ask(), std::to_string(account) + "-0.example");
    while (!ask().empty()) {
    }
  }
  EXPECT_LT(asked_.size(), 48u);
  EXPECT_EQ(answer("slow0.example"), 1u);
  wait(9, "quick.example");
  EXPECT_TRUE(ask() == "quick.example" || ask() == "quick.example");
  EXPECT_EQ(answer("quick.example"), 1u);
}

TEST_F(DestinationsTest, WhatADeadSenderWasAskedCountsNoMore) {
  for (int i = 0; i < 100; ++i) wait(1, std::to_string(i) + ".example");
  for (const int sender : {0, 1, 0}) {
    asked_.clear();
    while (!ask(static_cast<std::size_t>(sender)).empty()) {
    }
    EXPECT_EQ(asked_.size(), 24u);
    destinations_.died(static_cast<std::size_t>(sender));
  }
}

TEST_F(DestinationsTest, WhatADeadSenderWasAskedIsAskedAgain) {
  wait(1, "x.example");
  wait(2, "y.example");
  EXPECT_EQ(ask(0), "x.example");
  EXPECT_EQ(ask(1), "y.example");
  destinations_.died(0);
  EXPECT_EQ(answer("x.example"), 0u) << "too late";
  EXPECT_EQ(ask(1), "x.example");
  EXPECT_EQ(answer("x.example"), 1u);
  EXPECT_EQ(answer("y.example"), 1u);
}

TEST_F(DestinationsTest, NobodyAsksForWhatWasWithdrawn) {
  wait(1, "x.example");
  wait(1, "y.example");
  EXPECT_EQ(destinations_.withdraw({messages_[0].get()}).size(), 1u);
  EXPECT_EQ(ask(), "y.example");
  EXPECT_EQ(ask(), "");
}

}  // namespace
}  // namespace mail::deliver
