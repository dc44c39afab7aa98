#include "store/accounts.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "base/attempt.h"
#include "base/fault.h"
#include "store/account_lock.h"
#include "store/administration.h"
#include "store/modseq_file.h"
#include "tests/support/mail_store.h"

namespace mail::store {
namespace {

using namespace std::chrono_literals;

AccountsOptions few() {
  AccountsOptions options;
  options.most_open = 2;
  options.most_of_one = 1;
  options.idle = 50 * kMillisecond;
  return options;
}

TEST(AccountsTest, KeepsFewOpenAndClosesWhatIsIdle) {
  MailStore store(few());
  for (std::uint64_t id = 1; id <= 5; ++id) {
    store.open(id);
    EXPECT_LE(store.accounts().open_count(), 2u);
  }
  const Micros end = steady_time() + 5 * kSecond;
  while (store.accounts().open_count() > 0 && steady_time() < end) {
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_EQ(store.accounts().open_count(), 0u);
}

TEST(AccountsTest, OneThreadAfterTheOtherUsesAConnection) {
  MailStore store(few());
  std::atomic<int> inside = 0;
  {
    store.open(1);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 20; ++n) {
          const auto lease = store.accounts().open(1);
          EXPECT_EQ(++inside, 1);
          lease->modseq();
          --inside;
        }
      });
    }
  }
  EXPECT_EQ(inside, 0);
}

TEST(AccountsTest, ThereIsNoAccountWithoutAFolder) {
  MailStore store;
  EXPECT_THROW(store.accounts().open(77), Fault);
  EXPECT_EQ(store.accounts().open_count(), 0u);
}

TEST(AccountsTest, AfterAFaultTheAccountIsOpenedAnew) {
  MailStore store;
  store.open();
  const auto fail = [&] {
    const auto lease = store.open();
    throw Fault("fsync");
  };
  EXPECT_THROW(fail(), Fault);
  EXPECT_EQ(store.accounts().open_count(), 0u);
  EXPECT_EQ(store.open()->modseq(), 1);
}

TEST(AccountsTest, AnAdministratorWaitsForHoldersAndThenHasItAlone) {
  MailStore store;
  store.open();
  std::jthread later([&] { store.accounts().close_idle(); });
  {
    const ExclusiveLock alone(store.folder());
    EXPECT_THROW(store.accounts().open(1), Fault);
  }
  EXPECT_EQ(store.accounts().open(1)->modseq(), 1);
}

TEST(AccountsTest, AnAdministratorNeedNotWaitForAPause) {
  MailStore store;
  store.open();
  const std::jthread busy([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      attempt([&] { store.accounts().open(1)->modseq(); });
    }
  });
  const Micros began = steady_time();
  { const ExclusiveLock alone(store.folder()); }
  EXPECT_LT(steady_time() - began, 5 * kSecond);
}

TEST(AccountsTest, AnAdministratorThatDiedIsNotWaitedForLong) {
  MailStore store;
  store.open();
  store.accounts().close_idle();
  const ModseqFile number(store.folder());
  number.want_until(wall_time() - 1);
  EXPECT_EQ(store.accounts().open(1)->modseq(), 1);
  EXPECT_EQ(number.read(), 1);
}

TEST(AccountsTest, TellsWhatAProcessThatDiedDidNotTell) {
  MailStore store;
  {
    const auto account = store.open();
    store.append(*account, account->mailbox("INBOX")->id, "\nx\n");
  }
  store.accounts().close_idle();
  const ModseqFile number(store.folder());
  number.set(1);
  store.open();
  EXPECT_EQ(number.read(), 2);
}

TEST(AccountsTest, MakingAnAccountAgainChangesNothing) {
  MailStore store;
  const auto before = store.open()->mailbox("INBOX")->uidvalidity;
  make_account(store.folder(), 1, [] { return 999u; });
  EXPECT_EQ(store.open()->mailbox("INBOX")->uidvalidity, before);
}

TEST(AccountsTest, TakesUidvaliditiesFromTheCounter) {
  AccountsOptions options;
  options.next_uidvalidity = [n = 100u]() mutable { return n++; };
  MailStore store(options);
  const auto account = store.open();
  EXPECT_EQ(account->mailbox("INBOX")->uidvalidity, 100u);
  const auto made = *account->create_mailbox("x", Role::None);
  EXPECT_GT(made.uidvalidity, account->mailbox("Archive")->uidvalidity);
}

TEST(AccountsTest, UidvaliditiesRiseWhenTheClockGoesBack) {
  AccountsOptions options;
  options.next_uidvalidity = [n = 1'000u]() mutable { return n -= 50; };
  MailStore store(options);
  const auto account = store.open();
  std::uint32_t last = account->mailbox("Archive")->uidvalidity;
  for (int i = 0; i < 3; ++i) {
    const auto made = *account->create_mailbox("x", Role::None);
    EXPECT_GT(made.uidvalidity, last);
    last = made.uidvalidity;
    ASSERT_TRUE(account->delete_mailbox(made.id));
  }
}

}  // namespace
}  // namespace mail::store
