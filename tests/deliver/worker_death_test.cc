#include "deliver/worker_death.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace mail::deliver {
namespace {

TEST(WorkerDeathTest, SurvivesItsPacket) {
  const auto death = parse_death(to_packet({3, SIGSEGV, "06A0"}));
  ASSERT_TRUE(death);
  EXPECT_EQ(death->worker, 3u);
  EXPECT_EQ(death->signal, SIGSEGV);
  EXPECT_EQ(death->id, "06A0");
  EXPECT_FALSE(parse_death("rubbish"));
}

// One that is asked to end before it listens to that ends by the signal.
TEST(WorkerDeathTest, WhatEndsWhenAskedToHasNotDied) {
  EXPECT_FALSE(was_sudden(0));
  EXPECT_FALSE(was_sudden(SIGTERM));
  EXPECT_TRUE(was_sudden(SIGKILL));
  EXPECT_TRUE(was_sudden(SIGSEGV));
  EXPECT_FALSE(speaks_against_message(SIGTERM));
}

}  // namespace
}  // namespace mail::deliver
