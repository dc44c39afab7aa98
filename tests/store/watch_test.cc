#include "store/watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "store/administration.h"
#include "tests/support/mail_store.h"

namespace mail::store {
namespace {

struct WatchTest : testing::Test {
  // True as soon as `count` is above `before`; false after 5 s.
  bool rises(const std::atomic<int>& counter, int before) {
    const Micros end = steady_time() + 5 * kSecond;
    while (counter <= before && steady_time() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return counter > before;
  }
  void append() {
    const auto account = store.open();
    store.append(*account, account->mailbox("INBOX")->id, numbered_message(1));
  }
  MailStore store;
  Watches watches{store.options().folder};
};

TEST_F(WatchTest, TellsEverySessionOfAnAccount) {
  store.open();
  std::atomic<int> one = 0;
  std::atomic<int> two = 0;
  const Watch first = watches.add(1, [&] { ++one; });
  const Watch second = watches.add(1, [&] { ++two; });
  append();
  EXPECT_TRUE(rises(one, 0));
  EXPECT_TRUE(rises(two, 0));
  EXPECT_EQ(first.number(), store.open()->modseq());
}

TEST_F(WatchTest, TheChangeCanBeReadWhenItIsTold) {
  store.open();
  std::atomic<int> told = 0;
  const Watch watch = watches.add(1, [&] { ++told; });
  for (int i = 0; i < 50; ++i) {
    const int before = told;
    append();
    ASSERT_TRUE(rises(told, before));
    ASSERT_EQ(store.open()->mailbox("INBOX")->messages, i + 1);
  }
}

TEST_F(WatchTest, SaysNothingOfOtherAccountsNorAfterItsEnd) {
  store.open();
  store.open(2);
  std::atomic<int> other = 0;
  std::atomic<int> mine = 0;
  const Watch quiet = watches.add(2, [&] { ++other; });
  {
    const Watch ended = watches.add(1, [&] { ++other; });
  }
  Watch watch = watches.add(1, [&] { ++mine; });
  append();
  EXPECT_TRUE(rises(mine, 0));
  EXPECT_EQ(other, 0);
}

TEST_F(WatchTest, TellsThatTheAccountIsGone) {
  store.open();
  std::atomic<int> told = 0;
  const Watch watch = watches.add(1, [&] { ++told; });
  store.accounts().close_idle();
  AccountRemoval(store.folder()).finish();
  EXPECT_TRUE(rises(told, 0));
  EXPECT_EQ(watch.number(), 0);
}

}  // namespace
}  // namespace mail::store
