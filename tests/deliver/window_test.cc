#include "deliver/window.h"

#include <gtest/gtest.h>

namespace mail::deliver {
namespace {

void succeed(Window& window, int times) {
  for (int i = 0; i < times; ++i) window.succeeded();
}

TEST(Window, GrowsByOneForEachWindowOfSuccesses) {
  Window window(5, 20);
  succeed(window, 4);
  EXPECT_EQ(window.size(), 5);
  succeed(window, 1);
  EXPECT_EQ(window.size(), 6);
  succeed(window, 6);
  EXPECT_EQ(window.size(), 7);
  succeed(window, 1000);
  EXPECT_EQ(window.size(), 20);
}

TEST(Window, ShrinksAtOnceButNeverBelowOne) {
  Window window(3, 20);
  window.refused();
  EXPECT_EQ(window.size(), 2);
  for (int i = 0; i < 5; ++i) window.refused();
  EXPECT_EQ(window.size(), 1);
}

// A server that answers 421 above five connections, as Postfix's authors
// measured: their feedback leaves 16 to 50 % refused.
TEST(Window, AFixedLimitIsMetRarely) {
  Window window(5, 20);
  int refused = 0;
  constexpr int kMessages = 2000;
  for (int i = 0; i < kMessages; ++i) {
    if (window.size() > 5) {
      ++refused;
      window.refused();
    } else {
      window.succeeded();
    }
  }
  EXPECT_LT(refused, kMessages / 50);
  EXPECT_GE(window.size(), 5);
}

TEST(Window, ALimitThatIsGoneIsForgotten) {
  Window window(5, 20);
  window.refused();
  succeed(window, 5000);
  EXPECT_EQ(window.size(), 20);
}

}  // namespace
}  // namespace mail::deliver
