#include "smtp/reply.h"

#include <gtest/gtest.h>

namespace mail::smtp {
namespace {

TEST(ReplyTest, GivesEachLineItsPrefix) {
  EXPECT_EQ(Reply(250, "a\nb").wire(), "250-a\r\n250 b\r\n");
  EXPECT_EQ(Reply(550, "5.1.1", "No").wire(), "550 5.1.1 No\r\n");
  EXPECT_EQ(Reply(334, "").wire(), "334 \r\n");
}

TEST(ReplyTest, LetsNobodyStartALineOfTheirOwn) {
  EXPECT_EQ(Reply(550, "5.1.1", "x\r250 ok\x7f").wire(),
            "550 5.1.1 x250 ok\r\n");
}

}  // namespace
}  // namespace mail::smtp
