// Accounts that an older version of Staunch has left, and a newer one.
#include "store/schema.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/fault.h"
#include "store/administration.h"
#include "tests/support/mail_store.h"
#include "tests/support/old_schema.h"

namespace mail::store {
namespace {

int newest(db::Steps steps) { return static_cast<int>(steps.size()); }

// One of everything that has a row of its own.
struct OldAccountTest : testing::TestWithParam<int> {
  OldAccountTest() {
    auto account = store.open();
    const auto inbox = account->mailbox(Role::Inbox)->id;
    const auto trash = account->mailbox(Role::Trash)->id;
    for (int n = 1; n <= 4; ++n) {
      store.append(*account, inbox, numbered_message(n), n % 2 ? kSeen : 0);
    }
    account->change_flags(inbox, {{1, 2}},
                          {FlagAction::Add, kFlagged, {"$Work", "later"}, {}});
    account->copy(inbox, {{2, 2}}, trash);
    account->change_flags(inbox, {{4, 4}},
                          {FlagAction::Add, kDeleted, {}, {}});
    account->expunge(inbox, {{4, 4}});
    account->deliver({{store.arrive(*account, "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                                    numbered_message(5))}});
    EXPECT_TRUE(account->create_mailbox("Work/Old", Role::None));
    account->subscribe("Work/Old");
    account->limit_bytes(1 << 20);
    (void)account->cached(1, kAllCached);
  }
  std::string path(const char* name) const { return store.folder() + name; }

  MailStore store;
};

using MailDbTest = OldAccountTest;
INSTANTIATE_TEST_SUITE_P(Schema, MailDbTest,
                         testing::Range(1, newest(mail_steps())));

TEST_P(MailDbTest, IsBroughtForwardWithAllThatIsInIt) {
  store.accounts().close_idle();
  make_older(path("/mail.db"), mail_steps(), GetParam());
  ASSERT_EQ(schema_of(path("/mail.db")), GetParam());
  const auto before = rows_of(path("/mail.db"), mail_steps(), GetParam());
  ASSERT_GT(before.size(), 20u);
  {
    auto account = store.open();
    EXPECT_EQ(account->mailbox("INBOX")->messages, 4);
    account->limit_emails(account->usage().limit_emails);
  }
  store.accounts().close_idle();
  EXPECT_EQ(schema_of(path("/mail.db")), newest(mail_steps()));
  EXPECT_EQ(rows_of(path("/mail.db"), mail_steps(), GetParam()), before);
  EXPECT_EQ(check(store.folder(), Depth::Checksums).problems,
            std::vector<std::string>{});
  EXPECT_TRUE(store.open()->is_delivered("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
}

TEST_P(MailDbTest, IsBroughtForwardByCheckAndByRepair) {
  store.accounts().close_idle();
  make_older(path("/mail.db"), mail_steps(), GetParam());
  EXPECT_EQ(check(store.folder(), Depth::Rows).problems,
            std::vector<std::string>{});
  EXPECT_EQ(schema_of(path("/mail.db")), newest(mail_steps()));
  make_older(path("/mail.db"), mail_steps(), GetParam());
  repair(store.folder(), 1, {}, {});
  EXPECT_EQ(schema_of(path("/mail.db")), newest(mail_steps()));
}

TEST_P(MailDbTest, IsBroughtForwardOnceWhenManyMeetIt) {
  store.accounts().close_idle();
  make_older(path("/mail.db"), mail_steps(), GetParam());
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int n = 0; n < 6; ++n) {
    threads.emplace_back([&] {
      Accounts own(store.options());  // as a process of its own
      good += own.open(1)->mailbox("INBOX")->messages == 4;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 6);
}

TEST_P(MailDbTest, OfANewerVersionIsLeftAlone) {
  store.accounts().close_idle();
  {
    db::Database mail(path("/mail.db"), db::Mode::Existing);
    mail.run("PRAGMA user_version=99");
  }
  EXPECT_THROW(store.open(), Fault);
  EXPECT_EQ(schema_of(path("/mail.db")), 99);
}

using CacheDbTest = OldAccountTest;
INSTANTIATE_TEST_SUITE_P(Schema, CacheDbTest,
                         testing::Range(1, newest(cache_steps())));

TEST_P(CacheDbTest, IsBroughtForwardWithAllThatIsInIt) {
  store.accounts().close_idle();
  make_older(path("/cache.db"), cache_steps(), GetParam());
  const auto before = rows_of(path("/cache.db"), cache_steps(), GetParam());
  ASSERT_GT(before.size(), 0u);
  EXPECT_TRUE(store.open()->cached(1, kAllCached));
  store.accounts().close_idle();
  EXPECT_EQ(schema_of(path("/cache.db")), newest(cache_steps()));
  EXPECT_EQ(rows_of(path("/cache.db"), cache_steps(), GetParam()), before);
}

}  // namespace
}  // namespace mail::store
