#include "relay/deadlines.h"

#include <gtest/gtest.h>

namespace mail::relay {
namespace {

using namespace std::chrono_literals;

// RFC 5321 4.5.3.2: what a server must be given at least.
TEST(DeadlinesTest, AreThoseOfTheStandard) {
  const Deadlines usual;
  EXPECT_GE(usual.command, 5min);  // 4.5.3.2.1 to 3: greeting, MAIL, RCPT
  EXPECT_GE(usual.data, 2min);     // 4.5.3.2.4
  EXPECT_GE(usual.block, 3min);    // 4.5.3.2.5
  EXPECT_GE(usual.end, 10min);     // 4.5.3.2.6
}

TEST(DeadlinesTest, AreSetInProportion) {
  const auto half = Deadlines::for_command(150s);
  EXPECT_EQ(half.command, 150s);
  EXPECT_EQ(half.data, 1min);
  EXPECT_EQ(half.block, 90s);
  EXPECT_EQ(half.end, 5min);
  EXPECT_EQ(half.connect, Deadlines().connect) << "short as it is";
  EXPECT_GE(Deadlines::for_command(1ms).data, 1ms) << "never none";
}

TEST(DeadlinesTest, AWholeMessageIsBoundedToo) {
  const Deadlines usual;
  EXPECT_EQ(usual.message(0), 1h);
  EXPECT_EQ(usual.recipients(), 1h);
}

}  // namespace
}  // namespace mail::relay
