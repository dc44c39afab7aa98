#include "deliver/site_queue.h"

#include <gtest/gtest.h>

#include <memory>

namespace mail::deliver {
namespace {

bool anybody(std::uint64_t) { return true; }

class SiteQueueTest : public ::testing::Test {
 protected:
  Message& message(std::uint64_t account, std::int64_t size = 1000) {
    auto& one = *messages_.emplace_back(std::make_unique<Message>());
    one.account = account;
    one.size = size;
    return one;
  }
  void add(std::uint64_t account, std::int64_t size = 1000) {
    queue_.add({&message(account, size), "x.example", {0}});
  }
  // How many of that account's come among the next `count`.
  int count_of(std::uint64_t account, int count) {
    int of = 0;
    for (int i = 0; i < count; ++i) {
      const auto next = queue_.next(anybody);
      if (next && next->message->account == account) ++of;
    }
    return of;
  }

  std::vector<std::unique_ptr<Message>> messages_;
  SiteQueue queue_;
};

TEST_F(SiteQueueTest, OneMessageDoesNotWaitForAnAccountsThousands) {
  for (int i = 0; i < 5000; ++i) add(1);
  add(2);
  EXPECT_EQ(count_of(2, 10), 1);
  EXPECT_EQ(queue_.size(), 4991u);
}

// Each may take a server minutes.
TEST_F(SiteQueueTest, ATurnIsOneMessageLong) {
  for (int i = 0; i < 50; ++i) add(1);
  EXPECT_EQ(count_of(1, 7), 7);
  add(2);
  add(2);
  EXPECT_EQ(count_of(2, 2), 1);
  EXPECT_EQ(count_of(2, 2), 1);
}

TEST_F(SiteQueueTest, AccountsGetEqualShares) {
  for (int i = 0; i < 900; ++i) add(1);
  for (int i = 0; i < 300; ++i) add(2);
  for (int i = 0; i < 300; ++i) add(3);
  EXPECT_NEAR(count_of(1, 300), 100, 8);
}

TEST_F(SiteQueueTest, LargeMessagesCostMore) {
  for (int i = 0; i < 200; ++i) add(1, 5 << 20);
  for (int i = 0; i < 200; ++i) add(2, 1000);
  EXPECT_LT(count_of(1, 100), 15);
}

TEST_F(SiteQueueTest, KeepsTheOrderWithinAnAccount) {
  for (int i = 0; i < 3; ++i) add(1);
  auto first = queue_.next(anybody);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->message, messages_[0].get());
  queue_.put_back(std::move(*first));
  EXPECT_EQ(queue_.next(anybody)->message, messages_[0].get());
  EXPECT_EQ(queue_.next(anybody)->message, messages_[1].get());
}

TEST_F(SiteQueueTest, WhatIsWithdrawnIsGone) {
  Message& bad = message(1);
  queue_.add({&bad, "x.example", {0}});
  queue_.add({&bad, "y.example", {1}});
  add(1);
  EXPECT_EQ(queue_.withdraw({&bad}).size(), 2u);
  EXPECT_EQ(queue_.size(), 1u);
  EXPECT_NE(queue_.next(anybody)->message, &bad);
  EXPECT_FALSE(queue_.next(anybody));
  EXPECT_TRUE(queue_.take_all().empty());
}

TEST_F(SiteQueueTest, WhatIsHurriedComesBeforeWhatItsAccountHas) {
  for (int i = 0; i < 3; ++i) add(1);
  queue_.hurry({messages_[2].get()});
  EXPECT_EQ(queue_.next(anybody)->message, messages_[2].get());
  EXPECT_EQ(queue_.next(anybody)->message, messages_[0].get());
  EXPECT_EQ(queue_.size(), 1u);
}

}  // namespace
}  // namespace mail::deliver
