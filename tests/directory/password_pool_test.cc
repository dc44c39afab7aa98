#include "directory/password_pool.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "directory/argon2.h"

namespace mail::directory {
namespace {

std::vector<PasswordPool::Outcome> wait_for(PasswordPool& pool,
                                            std::size_t count) {
  std::vector<PasswordPool::Outcome> all;
  while (all.size() < count) {
    pollfd poll{pool.done(), POLLIN, 0};
    if (::poll(&poll, 1, 20'000) <= 0) break;
    for (const auto& outcome : pool.take()) all.push_back(outcome);
  }
  return all;
}

using Verdict = PasswordPool::Verdict;

TEST(PasswordPoolTest, TellsRightFromWrong) {
  PasswordPool pool(2);
  const std::string hash = argon2_hash("secret");
  EXPECT_EQ(hash.substr(0, 31), "$argon2id$v=19$m=19456,t=2,p=1$");
  ASSERT_TRUE(pool.submit({1, "192.0.2.1", hash, "secret"}));
  ASSERT_TRUE(pool.submit({2, "192.0.2.1", hash, "Secret"}));
  ASSERT_TRUE(pool.submit({3, "192.0.2.1", "nonsense", "x"}));
  auto all = wait_for(pool, 3);
  ASSERT_EQ(all.size(), 3u);
  std::ranges::sort(all, {}, &PasswordPool::Outcome::ticket);
  EXPECT_EQ(all[0].verdict, Verdict::Right);
  EXPECT_EQ(all[1].verdict, Verdict::Wrong);
  EXPECT_EQ(all[2].verdict, Verdict::Wrong);
}

// No threads: what stands in the queue can be looked at.
TEST(PasswordPoolTest, GivesRoomToWhoAsksLess) {
  PasswordPool pool(0, 4);
  for (std::uint64_t i = 1; i <= 4; ++i) {
    ASSERT_TRUE(pool.submit({i, "guesser", "", ""}));
  }
  EXPECT_FALSE(pool.submit({5, "guesser", "", ""}));
  EXPECT_TRUE(pool.submit({6, "user", "", ""}));
  const auto dropped = pool.take();
  ASSERT_EQ(dropped.size(), 1u);
  EXPECT_EQ(dropped[0].ticket, 4u);
  EXPECT_EQ(dropped[0].verdict, Verdict::Dropped);
}

TEST(PasswordPoolTest, LetsAddressesTakeTurns) {
  PasswordPool pool(1);
  for (std::uint64_t i = 1; i <= 5; ++i) {
    ASSERT_TRUE(pool.submit({i, "a", "", ""}));
  }
  const std::string hash = argon2_hash("x");
  for (std::uint64_t i = 11; i <= 14; ++i) {
    ASSERT_TRUE(pool.submit({i, "b", hash, "x"}));
  }
  ASSERT_TRUE(pool.submit({21, "c", hash, "x"}));
  const auto all = wait_for(pool, 10);
  ASSERT_EQ(all.size(), 10u);
  const auto place = [&](std::uint64_t ticket) {
    return std::ranges::find(all, ticket, &PasswordPool::Outcome::ticket) -
           all.begin();
  };
  EXPECT_LT(place(21), place(12));
}

}  // namespace
}  // namespace mail::directory
