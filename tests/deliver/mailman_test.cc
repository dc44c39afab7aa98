#include "deliver/mailman.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "deliver/upkeep.h"
#include "directory/directory.h"
#include "spool/spool.h"
#include "store/administration.h"
#include "tests/support/fill_account.h"
#include "tests/support/temp_dir.h"

namespace mail::deliver {
namespace {

constexpr std::uint64_t kAnn = 33;

class MailmanTest : public ::testing::Test {
 protected:
  MailmanTest() {
    spool::make_spool(spool_);
    store::make_account(folder(kAnn), kAnn, {});
  }

  std::string folder(std::uint64_t id) const {
    return dir_.path() + "/" + directory::account_folder(id);
  }
  store::AccountsOptions options() const {
    store::AccountsOptions o;
    o.folder = [this](std::uint64_t id) { return folder(id); };
    return o;
  }
  std::string put(const std::string& text) {
    spool::Envelope e;
    e.arrived = wall_time();
    e.sender = "eve@example.org";
    e.prefix = "X-Judged: yes\r\n";
    e.recipients.push_back({"ann@example.test", "", ""});
    const auto draft = writer_->create(wall_time(), 0);
    draft->write(text);
    draft->commit(e);
    return draft->id();
  }
  Batch batch(std::vector<std::string> ids,
              std::vector<std::string> details = {""}) {
    Batch b;
    b.account = kAnn;
    b.subaddress_mailboxes = true;
    for (auto& id : ids) {
      b.parcels.push_back(
          {id, spool::Shelf::In, "ann@example.test", details});
    }
    return b;
  }
  std::int64_t messages(const char* mailbox) {
    return accounts_->open(kAnn)->mailbox(mailbox)->messages;
  }
  std::string path_of(const std::string& id) const {
    return spool_ + "/in/" + spool::shard(id) + "/" + id;
  }

  TempDir dir_;
  const std::string spool_ = (spool::make_spool(dir_.path() + "/spool"),
                              dir_.path() + "/spool");
  std::unique_ptr<spool::Writer> writer_ =
      std::make_unique<spool::Writer>(spool_);
  std::unique_ptr<store::Accounts> accounts_ =
      std::make_unique<store::Accounts>(options());
  std::vector<std::string> announced_;
  Mailman mailman_{spool_, *accounts_, [this](std::string_view id) {
                     announced_.emplace_back(id);
                   }};
};

TEST_F(MailmanTest, DeliversABatchWithLinksAndPrefix) {
  const std::string a = put("Subject: a\r\n\r\nA\r\n");
  const std::string b = put("Subject: b\r\n\r\nB\r\n");
  const auto result = mailman_.deliver(batch({a, b}));
  ASSERT_EQ(result.results.size(), 2u);
  EXPECT_EQ(result.results[0].outcome, Outcome::Delivered)
      << result.results[0].text;
  EXPECT_EQ(messages("INBOX"), 2);
  EXPECT_EQ(announced_, (std::vector<std::string>{a, b, "", ""}));
  struct stat status {};
  ASSERT_EQ(::stat(path_of(a).c_str(), &status), 0);
  EXPECT_EQ(status.st_nlink, 2u);
  const auto lease = accounts_->open(kAnn);
  std::string prefix;
  lease->each_entry(lease->mailbox("INBOX")->id, {1, 1},
                    [&](const store::Entry& e) {
                      EXPECT_GT(e.size, 18 + 60);
                    });
  prefix = lease->content(1)->prefix;
  EXPECT_EQ(prefix,
            "Return-Path: <eve@example.org>\r\n"
            "Delivered-To: ann@example.test\r\nX-Judged: yes\r\n");
}

TEST_F(MailmanTest, ARepetitionChangesNothingWhateverTheUserDid) {
  const std::string id = put("Subject: a\r\n\r\nA\r\n");
  mailman_.deliver(batch({id}));
  {
    const auto lease = accounts_->open(kAnn);
    lease->move(lease->mailbox("INBOX")->id, {{1, 1}},
                lease->mailbox("Trash")->id);
  }
  const auto again = mailman_.deliver(batch({id, id}));
  EXPECT_EQ(again.results[0].outcome, Outcome::Delivered);
  EXPECT_EQ(again.results[1].outcome, Outcome::Delivered);
  EXPECT_EQ(messages("INBOX"), 0);
  EXPECT_EQ(messages("Trash"), 1);
}

TEST_F(MailmanTest, TheSameMessageTwiceInABatchIsOneDelivery) {
  const std::string id = put("Subject: a\r\n\r\nA\r\n");
  const auto result = mailman_.deliver(batch({id, id}));
  EXPECT_EQ(result.results[1].outcome, Outcome::Delivered);
  EXPECT_EQ(messages("INBOX"), 1);
}

TEST_F(MailmanTest, SubaddressesGoToTheirMailboxWhenItExists) {
  EXPECT_TRUE(accounts_->open(kAnn)->create_mailbox("lists",
                                                    store::Role::None));
  const std::string id = put("Subject: a\r\n\r\nA\r\n");
  mailman_.deliver(batch({id}, {"lists", "nowhere", ""}));
  EXPECT_EQ(messages("lists"), 1);
  EXPECT_EQ(messages("INBOX"), 1);
  Batch plain = batch({put("Subject: b\r\n\r\nB\r\n")}, {"lists"});
  plain.subaddress_mailboxes = false;
  mailman_.deliver(plain);
  EXPECT_EQ(messages("lists"), 1);
  EXPECT_EQ(messages("INBOX"), 2);
}

TEST_F(MailmanTest, ASubaddressFindsItsMailboxInAnyCase) {
  for (const char* name : {"Foo", "Bar", "bar", "Lists/X"}) {
    EXPECT_TRUE(
        accounts_->open(kAnn)->create_mailbox(name, store::Role::None));
  }
  // The directory has folded them.
  for (const char* detail : {"foo", "bar", "lists/x", "trash", "lists"}) {
    mailman_.deliver(batch({put("Subject: a\r\n\r\nA\r\n")}, {detail}));
  }
  for (const char* name : {"Foo", "bar", "Lists/X", "Trash"}) {
    EXPECT_EQ(messages(name), 1) << name;
  }
  EXPECT_EQ(messages("Bar"), 0);
  EXPECT_EQ(messages("INBOX"), 0) << "Lists was made with what is below it";
}

TEST_F(MailmanTest, RefusesWhatIsNotWhatWasCommitted) {
  const std::string id = put("Subject: a\r\n\r\n" + std::string(5000, 'x'));
  const Fd file = open_file(path_of(id), O_WRONLY);
  file.write_at("y", 3000);
  const auto result =
      mailman_.deliver(batch({id, spool::make_id(wall_time())}));
  EXPECT_EQ(result.results[0].outcome, Outcome::Damaged);
  EXPECT_EQ(result.results[0].text, "changed");
  EXPECT_EQ(result.results[1].outcome, Outcome::Gone);
  EXPECT_EQ(messages("INBOX"), 0);
}

TEST_F(MailmanTest, WhatIsOverQuotaLeavesNothingBehind) {
  const std::string small = put("Subject: a\r\n\r\nA\r\n");
  const std::string big =
      put("Subject: b\r\n\r\n" + std::string(80'000, 'x') + "\r\n");
  const std::string huge =
      put("Subject: c\r\n\r\n" + std::string(200'000, 'x') + "\r\n");
  fill_account(*accounts_->open(kAnn), 30'000);
  Batch b = batch({big, small, huge});
  b.quota = 100'000;
  const auto result = mailman_.deliver(b);
  EXPECT_EQ(result.results[0].outcome, Outcome::OverQuota);
  EXPECT_EQ(result.results[1].outcome, Outcome::Delivered);
  EXPECT_EQ(result.results[2].outcome, Outcome::NeverFits);
  EXPECT_GT(result.room, 69'000);
  EXPECT_LT(result.room, 70'000);
  EXPECT_FALSE(result.full) << "there is room for others";
  struct stat status {};
  ASSERT_EQ(::stat(path_of(big).c_str(), &status), 0);
  EXPECT_EQ(status.st_nlink, 1u);
  b = batch({});
  b.quota = 1000;
  EXPECT_TRUE(mailman_.deliver(b).full);
  EXPECT_EQ(mailman_.deliver(b).room, 0);
}

TEST_F(MailmanTest, ABrokenAccountIsTroubleForItsOwnBatchOnly) {
  Batch b = batch({put("Subject: a\r\n\r\nA\r\n")});
  b.account = 77;
  const auto result = mailman_.deliver(b);
  EXPECT_EQ(result.results[0].outcome, Outcome::Trouble);
  EXPECT_EQ(result.results[0].text, "the mailbox cannot be used at present");
}

// What SQLite says of it is for the log: the text reaches senders.
TEST_F(MailmanTest, TellsNoDetailsOfABrokenDatabase) {
  accounts_->close_idle();
  for (const char* suffix : {"-wal", "-shm"}) {
    ::unlink((folder(kAnn) + "/mail.db" + suffix).c_str());
  }
  replace_file(folder(kAnn) + "/mail.db", std::string(8192, 'x'), 0600);
  const auto result =
      mailman_.deliver(batch({put("Subject: a\r\n\r\nA\r\n")}));
  EXPECT_EQ(result.results[0].outcome, Outcome::Trouble);
  EXPECT_EQ(result.results[0].text, "the mailbox cannot be used at present");
}

TEST_F(MailmanTest, FindsWhatWasMovedBetweenShelves) {
  const std::string id = put("Subject: a\r\n\r\nA\r\n");
  spool::Shelves shelves(spool_);
  shelves.move(id, spool::Shelf::In, spool::Shelf::Deferred);
  EXPECT_EQ(mailman_.deliver(batch({id})).results[0].outcome,
            Outcome::Delivered);
  EXPECT_TRUE(mailman_.in_spool(id));
  shelves.remove(id, spool::Shelf::Deferred);
  EXPECT_FALSE(mailman_.in_spool(id));
}

// In every time zone far from the night.
const Micros kNoon = [] {
  std::tm noon{};
  noon.tm_year = 126;
  noon.tm_mday = 1;
  noon.tm_hour = 12;
  return std::mktime(&noon) * kSecond;
}();

TEST_F(MailmanTest, EveryNightAllAccountsAreLookedAfter) {
  for (const std::uint64_t id : {40, 41}) {
    make_folders(dir_.path() + "/" + directory::account_folder(id), 0700);
  }
  Upkeep upkeep(*accounts_,
                {dir_.path() + "/accounts", [](auto) { return true; },
                 [this](auto id) { return mailman_.in_spool(id); }},
                kNoon);
  const Micros night = kNoon + 17 * kHour;
  upkeep.touched(kAnn, night);  // it waits already
  upkeep.step(night);           // plans
  EXPECT_FALSE(upkeep.overdue(night)) << "all at once would hold up mail";
  const Micros morning = night + 4 * kHour;
  int steps = 0;
  for (; upkeep.due(morning) && steps < 10; ++steps) upkeep.step(morning);
  EXPECT_EQ(steps, 3);
}

TEST_F(MailmanTest, UpkeepComesAnHourAfterADelivery) {
  Upkeep upkeep(*accounts_,
                {dir_.path() + "/accounts", [](auto) { return true; },
                 [this](auto id) { return mailman_.in_spool(id); }},
                kNoon);
  const Micros now = kNoon;
  EXPECT_EQ(list_accounts(dir_.path() + "/accounts"),
            std::vector<std::uint64_t>{kAnn});
  upkeep.touched(kAnn, now);
  EXPECT_TRUE(upkeep.due(now + kHour));
  EXPECT_TRUE(upkeep.overdue(now + kHour + 10 * kMinute));
  upkeep.step(now + kHour);
  upkeep.touched(kAnn, now + kHour);
  EXPECT_FALSE(upkeep.overdue(now + 2 * kHour));
}

}  // namespace
}  // namespace mail::deliver
