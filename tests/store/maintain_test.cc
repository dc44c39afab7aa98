#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/fault.h"
#include "base/file.h"
#include "db/database.h"
#include "store/administration.h"
#include "tests/support/mail_store.h"
#include "tests/support/write_message.h"

namespace mail::store {
namespace {

struct MaintainTest : testing::Test {
  MailboxId inbox(Lease& account) { return account->mailbox("INBOX")->id; }

  // As if what happened had happened long ago.
  void sql(std::string_view text) {
    db::Database(store.folder() + "/mail.db", db::Mode::Existing).run(text);
  }
  void age() {
    sql("UPDATE expunged SET time = 1; UPDATE departed SET time = 1;"
        "UPDATE delivered SET time = 1; UPDATE account SET files_checked = 0");
  }
  std::size_t files() {
    std::size_t count = 0;
    for (const auto& part : list_folder(store.folder() + "/msg")) {
      count += list_folder(store.folder() + "/msg/" + part).size();
    }
    return count;
  }
  void expunge_all(Lease& account) {
    account->change_flags(inbox(account), {{1, UINT32_MAX}},
                          {FlagAction::Add, kDeleted, {}, {}});
    account->expunge(inbox(account), {{1, UINT32_MAX}});
  }
  void expect_sound() {
    EXPECT_EQ(check(store.folder(), Depth::Checksums).problems,
              std::vector<std::string>{});
  }

  MailStore store;
};

TEST_F(MaintainTest, FilesGoADayAfterTheLastEntry) {
  auto account = store.open();
  store.append(*account, inbox(account), numbered_message(1));
  account->copy(inbox(account), {{1, 1}}, inbox(account));  // same file
  account->change_flags(inbox(account), {{1, 1}},
                        {FlagAction::Add, kDeleted, {}, {}});
  account->expunge(inbox(account), {{1, 1}});
  account->maintain();
  EXPECT_EQ(account->mailbox("INBOX")->view_floor, 0);
  age();
  account->maintain();
  EXPECT_GT(account->mailbox("INBOX")->view_floor, 0);
  EXPECT_EQ(files(), 1u);  // the copy needs it
  expunge_all(account);
  account->maintain();
  EXPECT_EQ(files(), 1u);
  age();
  account->maintain();
  EXPECT_EQ(files(), 0u);
  expect_sound();
}

TEST_F(MaintainTest, AFileGoesWithTheLastOfItsTwinsInWhateverOrder) {
  auto account = store.open();
  store.append(*account, inbox(account), numbered_message(1));
  account->copy(inbox(account), {{1, 1}}, inbox(account));
  account->copy(inbox(account), {{2, 2}}, inbox(account));
  for (const Uid last : {2U, 1U, 3U}) {
    EXPECT_EQ(files(), 1u);
    account->change_flags(inbox(account), {{last, last}},
                          {FlagAction::Add, kDeleted, {}, {}});
    account->expunge(inbox(account), {{last, last}});
    age();
    account->maintain();
  }
  EXPECT_EQ(files(), 0u);
  expect_sound();
}

TEST_F(MaintainTest, RepairTiesEmailsOfOneFileTogether) {
  {
    auto account = store.open();
    store.append(*account, inbox(account), numbered_message(1));
    account->copy(inbox(account), {{1, 1}}, inbox(account));
    account->copy(inbox(account), {{1, 1}}, inbox(account));
  }
  store.accounts().close_idle();
  sql("DELETE FROM twin; INSERT INTO twin VALUES(3, 2)");
  EXPECT_FALSE(repair(store.folder(), 1, {}, {}).actions.empty());
  auto account = store.open();
  for (const Uid uid : {1U, 2U}) {
    account->change_flags(inbox(account), {{uid, uid}},
                          {FlagAction::Add, kDeleted, {}, {}});
    account->expunge(inbox(account), {{uid, uid}});
    age();
    account->maintain();
  }
  EXPECT_EQ(files(), 1u);
  expect_sound();
}

TEST_F(MaintainTest, ForgetsTheKeysOfThreadsWithoutEmails) {
  const auto keys = [&] {
    db::Database mail(store.folder() + "/mail.db", db::Mode::Read);
    auto& query = mail.statement("SELECT count(*) FROM thread_key");
    query.bind();
    query.step();
    return query.integer(0);
  };
  auto account = store.open();
  store.append(*account, inbox(account), numbered_message(1));
  store.append(*account, inbox(account), numbered_message(2));
  EXPECT_EQ(keys(), 2);
  account->change_flags(inbox(account), {{1, 1}},
                        {FlagAction::Add, kDeleted, {}, {}});
  account->expunge(inbox(account), {{1, 1}});
  age();
  account->maintain();
  EXPECT_EQ(keys(), 1);
}

TEST_F(MaintainTest, ForgetsOldDeliveriesThatTheSpoolForgot) {
  auto account = store.open();
  const std::string gone = "06A0000000AAAAAAAAAAAAAAAA";
  const std::string there = "06A0000000BBBBBBBBBBBBBBBB";
  account->deliver(
      std::vector<Arrival>{store.arrive(*account, gone, numbered_message(1)),
                           store.arrive(*account, there, numbered_message(2))});
  age();
  account->forget_delivered([&](std::string_view id) { return id == there; });
  EXPECT_FALSE(account->is_delivered(gone));
  EXPECT_TRUE(account->is_delivered(there));
}

TEST_F(MaintainTest, TooManyTombstonesRaiseTheFloor) {
  auto account = store.open();
  const Modseq mark = account->modseq();
  store.append(*account, inbox(account), numbered_message(1));
  expunge_all(account);
  sql("UPDATE vanished SET time = 1");
  account->maintain();
  EXPECT_FALSE(account->changes(inbox(account), mark));
  EXPECT_TRUE(account->changes(inbox(account), account->modseq()));
}

TEST_F(MaintainTest, AYoungFileWithoutARowIsLeftAlone) {
  {
    auto account = store.open();
    store.append(*account, inbox(account), numbered_message(0));
    EXPECT_EQ(check(store.folder(), Depth::Rows).orphans, 0);
    ASSERT_EQ(files(), 1u);
    store.write(*account, numbered_message(1)).draft.hand_over();
  }
  store.accounts().close_idle();  // with the names it made ahead
  EXPECT_EQ(check(store.folder(), Depth::Rows).orphans, 1);
  store.open()->maintain();
  EXPECT_EQ(files(), 2u);
}

TEST_F(MaintainTest, CheckFindsWhatIsWrongAndRepairMendsIt) {
  {
    auto account = store.open();
    for (int i = 0; i < 3; ++i) {
      store.append(*account, inbox(account), numbered_message(i));
    }
  }
  store.accounts().close_idle();
  sql("UPDATE mailbox SET messages = 7; UPDATE entry SET flags = 4 "
      "WHERE uid = 1; UPDATE account SET bytes = 1;"
      "DELETE FROM entry WHERE uid = 2");
  EXPECT_GE(check(store.folder(), Depth::Rows).problems.size(), 4u);
  const auto repaired = repair(store.folder(), 1, {}, {});
  EXPECT_FALSE(repaired.actions.empty());
  expect_sound();
  auto account = store.open();
  EXPECT_EQ(account->mailbox("INBOX")->messages, 2);
  EXPECT_FALSE(account->changes(inbox(account), 2));
  account->change_flags(inbox(account), {{1, 1}},
                        {FlagAction::Add, kSeen, {}, {}});
  expect_sound();
}

TEST_F(MaintainTest, RepairMendsTheTreeOfMailboxes) {
  {
    auto account = store.open();
    ASSERT_TRUE(account->create_mailbox("a/b", Role::None));
    store.append(*account, account->mailbox("a")->id, numbered_message(1));
  }
  store.accounts().close_idle();
  sql("UPDATE mailbox SET selectable = 0 WHERE name = 'a';"
      "UPDATE mailbox SET parent = 77 WHERE name = 'b'");
  EXPECT_EQ(check(store.folder(), Depth::Rows).problems.size(), 2u);
  EXPECT_EQ(repair(store.folder(), 1, {}, {}).actions.size(), 2u);
  expect_sound();
  auto account = store.open();
  EXPECT_EQ(account->mailbox("a")->messages, 1);
  EXPECT_EQ(account->mailboxes().size(), 8u);
}

TEST_F(MaintainTest, CheckFindsMissingAndChangedFiles) {
  std::vector<std::string> paths;
  {
    auto account = store.open();
    for (int i = 0; i < 3; ++i) {
      auto message = store.write(*account, numbered_message(i));
      paths.push_back(store.folder() + "/msg/" + message.draft.file);
      const auto done =
          append_one(*account, inbox(account), std::move(message));
      ASSERT_EQ(done.index(), 0u);
    }
  }
  ::unlink(paths[0].c_str());
  open_file(paths[1], O_WRONLY).write_at("X", 0);
  open_file(paths[2], O_WRONLY).truncate(20);
  EXPECT_EQ(check(store.folder(), Depth::Rows).problems.size(), 2u);
  EXPECT_EQ(check(store.folder(), Depth::Checksums).problems.size(), 3u);
}

TEST_F(MaintainTest, TheMessageFilesAloneRescueTheMail) {
  std::uint32_t uidvalidity = 0;
  {
    auto account = store.open();
    uidvalidity = account->mailbox("INBOX")->uidvalidity;
    for (int i = 0; i < 250; ++i) {
      store.append(*account, inbox(account), numbered_message(i));
    }
  }
  store.accounts().close_idle();
  ::unlink((store.folder() + "/mail.db-wal").c_str());
  open_file(store.folder() + "/mail.db", O_WRONLY)
      .write_at(std::string(8192, '\xee'), 0);
  EXPECT_FALSE(check(store.folder(), Depth::Rows).problems.empty());
  const auto repaired =
      repair(store.folder(), 1, [&] { return uidvalidity + 100; }, {});
  EXPECT_EQ(repaired.recovered, 250);
  auto account = store.open();
  EXPECT_EQ(account->mailbox("Recovered")->messages, 250);
  EXPECT_GT(account->mailbox("INBOX")->uidvalidity, uidvalidity);
  EXPECT_EQ(account->usage().emails, 250);
  expect_sound();
}

TEST_F(MaintainTest, ALostCacheIsMadeAgain) {
  const auto change = [&](std::string_view sql) {
    store.accounts().close_idle();
    db::Database cache(store.folder() + "/cache.db", db::Mode::Existing);
    cache.run(sql);
    EXPECT_EQ(cache.changed_rows(), 1) << sql;
  };
  {
    auto account = store.open();
    store.append(*account, inbox(account), numbered_message(1));
  }
  const auto before = store.open()->cached(1);
  ASSERT_TRUE(before);
  change("DELETE FROM cached");
  EXPECT_EQ(store.open()->cached(1)->bodystructure, before->bodystructure);
  change("UPDATE cached SET tag = 1, envelope = x'00'");
  EXPECT_EQ(store.open()->cached(1)->envelope, before->envelope);
  change("UPDATE cached SET version = version - 1, preview = x'00'");
  EXPECT_EQ(store.open()->cached(1)->preview, before->preview);
}

TEST_F(MaintainTest, ADamagedCacheDoesNotStopTheMail) {
  {
    auto account = store.open();
    store.append(*account, inbox(account), numbered_message(1));
  }
  store.accounts().close_idle();
  for (const char* end : {"-wal", "-shm"}) {
    ::unlink((store.folder() + "/cache.db" + end).c_str());
  }
  open_file(store.folder() + "/cache.db", O_WRONLY | O_TRUNC)
      .write_at(std::string(8192, '\xee'), 0);
  const auto read = [&] { return store.open()->cached(1)->preview; };
  EXPECT_THROW(read(), Fault);  // "try again"
  EXPECT_EQ(read(), "Body of 1");
}

// Delivers until it is killed.
[[noreturn]] void deliver_for_ever(MailStore& store) {
  auto account = store.open();
  for (int i = 0;; ++i) {
    std::vector<Arrival> batch;
    for (int n = 0; n < 3; ++n) {
      const std::string id =
          "06A0000000" + std::to_string(1'000'000'000'000'000 + 3 * i + n);
      batch.push_back(store.arrive(*account, id, numbered_message(n)));
    }
    account->deliver(batch);
    account->change_flags(account->mailbox("INBOX")->id, {{1, 5}},
                          {FlagAction::Replace, i % 2 ? kSeen : 0, {}, {}});
  }
}

TEST_F(MaintainTest, AKilledWriterLeavesAWholeAccount) {
  store.open();
  store.accounts().close_idle();
  for (int round = 0; round < 8; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      MailStore* mine = &store;
      deliver_for_ever(*mine);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(30 + 7 * round));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    expect_sound();
    const auto account = store.open();
    std::int64_t delivered = 0;
    for (int n = 0; n < 3'000; ++n) {
      delivered += account->is_delivered(
          "06A0000000" + std::to_string(1'000'000'000'000'000 + n));
    }
    EXPECT_EQ(account->mailbox("INBOX")->messages, delivered);
    EXPECT_EQ(delivered % 3, 0);  // whole batches
  }
}

TEST_F(MaintainTest, TheFolderOfABurstGoesADayAfterItsLastMessage) {
  auto account = store.open();
  const std::string msg = store.folder() + "/msg/";
  for (const char* name : {"01OLDEMPTY", "01NEWEMPTY", "01OLDFILLD", "01ZZ"}) {
    make_folders(msg + name, 0700);
  }
  replace_file(msg + "01OLDFILLD/file", "of a minute ago", 0600);
  const timespec old{1'000'000, 0};
  const timespec times[] = {old, old};
  for (const char* name : {"01OLDEMPTY", "01OLDFILLD", "01ZZ"}) {
    ASSERT_EQ(::utimensat(AT_FDCWD, (msg + name).c_str(), times, 0), 0);
  }
  age();
  account->maintain();
  EXPECT_EQ(list_folder(msg),
            (std::vector<std::string>{"01NEWEMPTY", "01OLDFILLD", "01ZZ"}));
}

}  // namespace
}  // namespace mail::store
