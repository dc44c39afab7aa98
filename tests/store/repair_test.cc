// What repair makes of accounts that are damaged, and of files without a row.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "base/fault.h"
#include "base/file.h"
#include "db/database.h"
#include "mime/message_file.h"
#include "store/administration.h"
#include "tests/support/mail_store.h"

namespace mail::store {
namespace {

const std::string kSpoolId = "06A0000000AAAAAAAAAAAAAAAA";

struct RepairTest : testing::Test {
  RepairTest() {
    auto account = store.open();
    store.append(*account, inbox(account), numbered_message(1));
  }

  MailboxId inbox(Lease& account) { return account->mailbox("INBOX")->id; }
  std::string path(const std::string& name) {
    return store.folder() + "/" + name;
  }
  void remove(const std::string& name) {
    store.accounts().close_idle();
    std::filesystem::remove_all(path(name));
  }
  void sql(std::string_view text) {
    db::Database(path("mail.db"), db::Mode::Existing).run(text);
  }

  Repaired mend() {
    store.accounts().close_idle();
    return repair(store.folder(), 1, {},
                  [this](auto id) { return spool.contains(std::string(id)); });
  }
  std::vector<std::string> problems() {
    return check(store.folder(), Depth::Checksums).problems;
  }
  std::int64_t messages(const std::string& mailbox) {
    const auto box = store.open()->mailbox(mailbox);
    return box ? box->messages : -1;
  }
  void expect_in_use() {
    EXPECT_EQ(problems(), std::vector<std::string>{});
    auto account = store.open();
    const auto before = account->usage().emails;
    store.append(*account, inbox(account), numbered_message(7));
    EXPECT_EQ(account->usage().emails, before + 1);
  }

  MailStore store;
  std::set<std::string> spool;
};

TEST_F(RepairTest, AWholeMessageThatACrashLeftComesBackAtOnce) {
  store.write(*store.open(), numbered_message(2)).draft.hand_over();
  EXPECT_EQ(mend().recovered, 1);
  EXPECT_EQ(messages("Recovered"), 1);
  EXPECT_EQ(messages("INBOX"), 1);
  EXPECT_EQ(mend().recovered, 0);  // and only once
  expect_in_use();
}

TEST_F(RepairTest, AHealthyAccountGetsNothing) {
  EXPECT_EQ(mend().actions, std::vector<std::string>{});
  EXPECT_EQ(messages("Recovered"), -1);
}

TEST_F(RepairTest, AnOlderDatabasePutBackGetsNewUidValidities) {
  const std::string old = store.folder() + "/old.db";
  sql("VACUUM INTO '" + old + "'");
  Mailbox before;
  {
    auto account = store.open();
    for (int n = 2; n < 9; ++n) {
      store.append(*account, inbox(account), numbered_message(n));
    }
    before = *account->mailbox("INBOX");
  }
  for (const char* name : {"mail.db-wal", "mail.db-shm"}) remove(name);
  std::filesystem::rename(old, path("mail.db"));
  EXPECT_EQ(problems(),
            std::vector<std::string>{
                "account: mail.db is older than what clients know of it"});
  EXPECT_EQ(mend().recovered, 7);
  EXPECT_EQ(problems(), std::vector<std::string>{});
  {
    auto account = store.open();
    const auto after = *account->mailbox("INBOX");
    EXPECT_NE(after.uidvalidity, before.uidvalidity);
    EXPECT_GT(after.highestmodseq, before.highestmodseq);
    const auto all = account->mailboxes();
    std::set<std::uint32_t> different;
    for (const auto& box : all) different.insert(box.uidvalidity);
    EXPECT_EQ(different.size(), all.size());
  }
  EXPECT_EQ(mend().actions, std::vector<std::string>{}) << "once is enough";
  expect_in_use();
}

// Whoever opens it: a client must not take a new message for one it knows.
TEST_F(RepairTest, AnOlderDatabaseIsNoticedWithoutRepair) {
  const std::string old = store.folder() + "/old.db";
  sql("VACUUM INTO '" + old + "'");
  Mailbox before;
  {
    auto account = store.open();
    store.append(*account, inbox(account), numbered_message(2));
    before = *account->mailbox("INBOX");
  }
  for (const char* name : {"mail.db-wal", "mail.db-shm"}) remove(name);
  std::filesystem::rename(old, path("mail.db"));
  const auto look = [&] { return *store.open()->mailbox("INBOX"); };
  const auto after = look();
  EXPECT_NE(after.uidvalidity, before.uidvalidity);
  EXPECT_GT(after.highestmodseq, before.highestmodseq);
  EXPECT_EQ(after.messages, 1);
  store.accounts().close_idle();
  EXPECT_EQ(look().uidvalidity, after.uidvalidity) << "once is enough";
  EXPECT_EQ(mend().recovered, 1);
  expect_in_use();
}

// As on a full disk, where SQLite cannot make its index of the log.
TEST_F(RepairTest, ADatabaseThatCannotBeLookedAtStaysWhereItIs) {
  remove("mail.db-shm");
  std::filesystem::create_symlink("/nowhere", path("mail.db-shm"));
  EXPECT_THROW(problems(), Fault);
  EXPECT_THROW(mend(), Fault);
  std::filesystem::remove(path("mail.db-shm"));
  EXPECT_EQ(problems(), std::vector<std::string>{});
  EXPECT_EQ(messages("INBOX"), 1);
  EXPECT_EQ(messages("Recovered"), -1);
}

TEST_F(RepairTest, WhatSomebodyIsWritingIsHis) {
  auto draft = store.open()->create_message_file();
  mime::MessageWriter writer(draft.fd);
  writer.write("Subject: x\r\n\r\n");
  writer.end("");
  EXPECT_EQ(mend().recovered, 0);
  draft.hand_over();
  { const MessageDraft ended = std::move(draft); }
  EXPECT_EQ(mend().recovered, 1);
}

TEST_F(RepairTest, EmptyAndTornFilesStayWhereTheyAre) {
  {
    auto empty = store.open()->create_message_file();
    auto torn = store.open()->create_message_file();
    torn.fd.write("Subject: x\r\n");
    empty.hand_over();
    torn.hand_over();
  }
  EXPECT_EQ(mend().recovered, 0);
  const Findings found = check(store.folder(), Depth::Rows);
  EXPECT_EQ(found.files, 3) << "with the one that has a row";
  EXPECT_EQ(found.orphans, 1) << "an empty one is a name made ahead";
}

TEST_F(RepairTest, WhatWasExpungedDoesNotComeBack) {
  {
    auto account = store.open();
    account->change_flags(inbox(account), {{1, 1}},
                          {FlagAction::Add, kDeleted, {}, {}});
    account->expunge(inbox(account), {{1, 1}});
  }
  EXPECT_EQ(mend().recovered, 0);
  EXPECT_EQ(messages("INBOX"), 0);
}

TEST_F(RepairTest, WhatADeliveryRemembersDoesNotComeBack) {
  {
    auto account = store.open();
    account->deliver(std::vector<Arrival>{
        store.arrive(*account, kSpoolId, numbered_message(2))});
  }
  store.accounts().close_idle();
  sql("DELETE FROM entry WHERE uid = 2;"
      "DELETE FROM email WHERE file LIKE '%" + kSpoolId + "'");
  EXPECT_EQ(mend().recovered, 0);
}

TEST_F(RepairTest, WhatTheSpoolWillBringDoesNotComeBack) {
  Arrival arrival =
      store.arrive(*store.open(), kSpoolId, numbered_message(2));
  spool = {kSpoolId};
  EXPECT_EQ(mend().recovered, 0);
  EXPECT_EQ(store.open()->deliver({&arrival, 1}).front(), Delivered::Done);
  EXPECT_EQ(messages("INBOX"), 2);
}

TEST_F(RepairTest, NorDoesWhatHasAnotherName) {
  const auto arrival =
      store.arrive(*store.open(), kSpoolId, numbered_message(2));
  const std::string file = path("msg/" + arrival.file);
  ASSERT_EQ(::link(file.c_str(), path("other").c_str()), 0);
  EXPECT_EQ(mend().recovered, 0);
  ::unlink(path("other").c_str());
  EXPECT_EQ(mend().recovered, 1);
}

TEST_F(RepairTest, ACopyThatWasNotEndedIsNoMessage) {
  const auto arrival =
      store.arrive(*store.open(), kSpoolId, numbered_message(2));
  const std::string file = path("msg/" + arrival.file);
  std::filesystem::rename(file, file + ".copy");
  EXPECT_EQ(mend().recovered, 0);
}

// Whether it was delivered is lost with the rows.
TEST_F(RepairTest, WhatARescueFoundIsNotDeliveredAgain) {
  Arrival arrival =
      store.arrive(*store.open(), kSpoolId, numbered_message(2));
  spool = {kSpoolId};
  remove("mail.db");
  EXPECT_EQ(mend().recovered, 2);
  EXPECT_EQ(store.open()->deliver({&arrival, 1}).front(), Delivered::Already);
  EXPECT_EQ(messages("INBOX"), 0);
  expect_in_use();
}

TEST_F(RepairTest, TheFolderOfMessageFilesAloneRescuesTheMail) {
  store.accounts().close_idle();
  for (const auto& name : list_folder(store.folder())) {
    if (name != "msg") std::filesystem::remove_all(path(name));
  }
  EXPECT_EQ(problems().size(), 3u);  // mail.db, lock, modseq
  EXPECT_EQ(mend().recovered, 1);
  EXPECT_EQ(messages("Recovered"), 1);
  expect_in_use();
}

TEST_F(RepairTest, WhatIsMissingIsToldAndMadeAnew) {
  for (const std::string name : {"lock", "modseq", "msg"}) {
    if (name == "msg") sql("DELETE FROM entry; DELETE FROM email");
    const Modseq before = store.open()->modseq();
    remove(name);
    ASSERT_FALSE(problems().empty()) << name;
    EXPECT_EQ(problems().front(), "account: its " + name + " is missing");
    EXPECT_EQ(mend().actions.front(), name + " made anew");
    EXPECT_GE(store.open()->modseq(), before);
    expect_in_use();
  }
}

// A process that had the account open does not go on with what nobody sees.
TEST_F(RepairTest, WhoHadItOpenSeesWhatIsThereNow) {
  EXPECT_EQ(messages("INBOX"), 1);
  for (const auto& name : list_folder(store.folder())) {
    if (name != "msg") std::filesystem::remove_all(path(name));
  }
  EXPECT_EQ(repair(store.folder(), 1, {}, {}).recovered, 1);
  EXPECT_EQ(messages("INBOX"), 0);
  EXPECT_EQ(messages("Recovered"), 1);
  expect_in_use();
}

TEST_F(RepairTest, AFolderThatIsLostIsMadeAnew) {
  remove("");
  EXPECT_FALSE(problems().empty());
  mend();
  EXPECT_EQ(messages("INBOX"), 0);
  expect_in_use();
}

TEST_F(RepairTest, ADatabaseThatIsCutIsToldWithoutSql) {
  for (const std::int64_t size : {0, 100, 8192}) {
    store.accounts().close_idle();
    db::Database(path("mail.db"), db::Mode::Existing).checkpoint_truncate();
    ASSERT_GT(std::filesystem::file_size(path("mail.db")), 8192u);
    open_file(path("mail.db"), O_WRONLY).truncate(size);
    ASSERT_FALSE(problems().empty()) << size;
    EXPECT_FALSE(problems().front().contains("SELECT")) << problems().front();
    EXPECT_GE(mend().recovered, 1) << size;
    expect_in_use();
  }
}

// The log may have its pages, or some of them.
TEST_F(RepairTest, NorIsOneWhoseLogIsThere) {
  for (const std::int64_t size : {0, 4096, 8192}) {
    store.accounts().close_idle();
    open_file(path("mail.db"), O_WRONLY).truncate(size);
    for (const auto& problem : problems()) {
      EXPECT_FALSE(problem.contains("SELECT")) << problem;
    }
    mend();
    EXPECT_EQ(messages("INBOX") + std::max(messages("Recovered"), 0L), 1);
    EXPECT_EQ(problems(), std::vector<std::string>{});
  }
}

TEST_F(RepairTest, WhatIsBrokenCanBeRemoved) {
  remove("lock");
  remove("modseq");
  AccountRemoval(store.folder()).finish();
  EXPECT_FALSE(std::filesystem::exists(store.folder()));
  AccountRemoval(store.folder()).finish();
}

}  // namespace
}  // namespace mail::store
