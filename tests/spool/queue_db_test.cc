#include "spool/queue_db.h"

#include <gtest/gtest.h>

#include "spool/attempts.h"
#include "spool/queue_schema.h"
#include "spool/spool.h"
#include "tests/support/temp_dir.h"

namespace mail::spool {
namespace {

class QueueDbTest : public ::testing::Test {
 protected:
  StoredMessage message(Micros next_at) {
    StoredMessage m;
    m.id = make_id(wall_time());
    m.sender = "ann@example.org";
    m.arrived = 5;
    m.expires = 50;
    auto& bob = m.recipients.emplace_back();
    bob.address = "bob@example.test";
    bob.account = 7;
    bob.next_at = next_at;
    bob.last_code = "4.2.2";
    bob.last_text = "over quota";
    bob.notify = "FAILURE";
    bob.remote = "mx.example.net";
    bob.reply = 452;
    auto& eve = m.recipients.emplace_back();
    eve.n = 2;
    eve.source = 1;
    eve.address = "eve@elsewhere.example";
    eve.state = RecipientState::Failed;
    return m;
  }
  std::vector<std::string> due(Micros now) {
    std::vector<std::string> ids;
    for (auto& row : db_.due(now, {}, 10)) {
      if (ids.empty() || ids.back() != row.id) ids.push_back(row.id);
    }
    return ids;
  }
  void save(const StoredMessage& m) { db_.write({&m, 1}, {}); }

  TempDir dir_;
  QueueDb db_{dir_.path() + "/queue.db"};
};

TEST_F(QueueDbTest, KeepsWhatItIsGiven) {
  const auto m = message(100);
  save(m);
  const auto loaded = db_.load(m.id);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->sender, m.sender);
  EXPECT_EQ(loaded->expires, 50);
  ASSERT_EQ(loaded->recipients.size(), 2u);
  EXPECT_EQ(loaded->recipients[0].last_text, "over quota");
  EXPECT_EQ(loaded->recipients[0].notify, "FAILURE");
  EXPECT_EQ(loaded->recipients[0].remote, "mx.example.net");
  EXPECT_EQ(loaded->recipients[0].reply, 452);
  EXPECT_EQ(loaded->recipients[1].n, 2);
  EXPECT_EQ(loaded->recipients[1].state, RecipientState::Failed);
}

TEST_F(QueueDbTest, TellsWhatIsDueAndWhen) {
  const auto early = message(100);
  const auto late = message(200);
  save(late);
  save(early);
  EXPECT_EQ(db_.next_due(), 100);
  EXPECT_TRUE(due(99).empty());
  EXPECT_EQ(due(150), std::vector{early.id});
  EXPECT_EQ(due(300).size(), 2u);
}

TEST_F(QueueDbTest, WhatIsDueIsReadInPages) {
  for (int i = 0; i < 5; ++i) save(message(100 + i));
  DueRow after;
  std::vector<std::string> met;
  while (true) {
    const auto page = db_.due(200, after, 2);
    if (page.empty()) break;
    for (const auto& row : page) met.push_back(row.id);
    after = page.back();
  }
  EXPECT_EQ(met.size(), 5u);
  EXPECT_EQ(db_.next_due(102), 103);
}

TEST_F(QueueDbTest, OneFinishedRecipientLeavesTheOthers) {
  const auto m = message(100);
  db_.write({.messages = {m}, .finished = {{m.id, 0}}, .done = {},
             .sites = {}});
  ASSERT_EQ(db_.load(m.id)->recipients.size(), 1u);
  EXPECT_EQ(db_.load(m.id)->recipients[0].n, 2);
}

TEST_F(QueueDbTest, RemembersSitesAndSuspensions) {
  db_.write({.messages = {}, .finished = {}, .done = {},
             .sites = {{"mx.example", 7, 2, 500, "mx.example", "421", 10}}});
  ASSERT_EQ(db_.sites().size(), 1u);
  EXPECT_EQ(db_.sites()[0].window, 7);
  EXPECT_EQ(db_.sites()[0].dead_until, 500);
  db_.forget_sites(11);
  EXPECT_TRUE(db_.sites().empty());

  using Kind = Suspension::Kind;
  db_.suspend({Kind::Domain, "example.org", 100, "asked for"});
  db_.suspend({Kind::Site, "mx.example", 300, ""});
  EXPECT_EQ(db_.suspensions(50).size(), 2u);
  ASSERT_EQ(db_.suspensions(200).size(), 1u);
  EXPECT_EQ(db_.suspensions(200)[0].kind, Kind::Site);
  EXPECT_TRUE(db_.resume(Kind::Site, "mx.example"));
  EXPECT_FALSE(db_.resume(Kind::Site, "mx.example"));
}

TEST_F(QueueDbTest, HurriesADomainOrASite) {
  auto m = message(1'000);
  m.recipients[0].site = "mx.example";
  save(m);
  db_.hurry(Suspension::Kind::Domain, "example.org", 10);
  EXPECT_EQ(db_.next_due(), 1'000);
  db_.hurry(Suspension::Kind::Domain, "example.test", 10);
  EXPECT_EQ(db_.next_due(), 10);
  db_.hurry(Suspension::Kind::Site, "mx.example", 5);
  EXPECT_EQ(db_.next_due(), 5);
  EXPECT_EQ(db_.load(m.id)->recipients[0].site, "mx.example");
}

TEST_F(QueueDbTest, KeepsRules) {
  const auto n = db_.add_rule({0, "<>", "@x.example", 7, "why", 5});
  const auto other = db_.add_rule({0, "a@x.example", "", 0, "", 6});
  ASSERT_EQ(db_.rules().size(), 2u);
  EXPECT_EQ(db_.rules()[0].n, n);
  EXPECT_EQ(db_.rules()[0].recipient, "@x.example");
  EXPECT_EQ(db_.rules()[0].account, 7u);
  EXPECT_TRUE(db_.remove_rule(other));
  EXPECT_FALSE(db_.remove_rule(other));
  EXPECT_GT(db_.add_rule({0, "b@x.example", "", 0, "", 6}), other)
      << "numbers are not used again";
}

TEST_F(QueueDbTest, SuppressesAddressesAndDomains) {
  const auto m = message(1'000);
  save(m);
  EXPECT_FALSE(db_.any_suppression());
  db_.suppress({"Bob@example.test", 0, "gone", 5}, 10);
  EXPECT_EQ(db_.next_due(), 10) << "what waits comes back at once";
  db_.suppress({"@there.example", 100, "", 5}, 10);
  EXPECT_EQ(db_.suppression("bob@EXAMPLE.test", 50)->why, "gone");
  EXPECT_EQ(db_.suppression("x@there.example", 50)->address,
            "@there.example");
  EXPECT_FALSE(db_.suppression("x@there.example", 100));
  EXPECT_FALSE(db_.suppression("rob@example.test", 50));
  db_.forget_suppressions(100);
  EXPECT_TRUE(db_.unsuppress("BOB@example.test"));
  EXPECT_FALSE(db_.any_suppression());
}

// Also one that has lived through some versions already.
struct QueueSchema : testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(OlderThanMailLeaves, QueueSchema,
                         testing::Values(1, 2));

TEST_P(QueueSchema, MailThatWaitedForMailToLeaveIsDue) {
  TempDir dir;
  const std::string path = dir.path() + "/queue.db";
  {
    db::Database old(path, db::Mode::Write);
    old.migrate(queue_steps().first(1));
    old.run(
        "INSERT INTO message VALUES ('A', 1, 's@x', 9, 5, 50, 0, 0, 0, 0, 0);"
        "INSERT INTO message VALUES ('B', 1, 's@x', 0, 5, 50, 0, 0, 0, 0, 1);"
        "INSERT INTO recipient VALUES "
        "('A', 0, 0, '\"a@b\"@there.example', '', 0, '', 2, 0, 0, '', 'w'),"
        "('A', 1, 1, 'c@here.example', '', 3, '', 1, 2, 77, '4.2.2', 'full'),"
        "('B', 0, 0, 'd@there.example', '', 0, '', 2, 0, 0, '', 'w');");
    old.migrate(queue_steps().first(GetParam()));
  }
  QueueDb db(path);
  const auto due = db.due(100, {}, 10);
  ASSERT_EQ(due.size(), 2u);
  EXPECT_EQ(due[0].id, "A");
  EXPECT_EQ(due[0].owner, 9u);
  EXPECT_EQ(due[1].next_at, 77);
  db.hurry(Suspension::Kind::Domain, "there.example", 0);
  EXPECT_EQ(db.due(0, {}, 10).size(), 0u);
  EXPECT_EQ(db.load("A")->recipients[0].state, RecipientState::Deferred);
}

TEST(QueueSchemaTest, IsNotOpenedByAnOlderProgram) {
  TempDir dir;
  const std::string path = dir.path() + "/queue.db";
  {
    db::Database newer(path, db::Mode::Write);
    newer.migrate(queue_steps());
    newer.run("PRAGMA user_version=99");
  }
  EXPECT_THROW(QueueDb{path}, Fault);
}

TEST(Attempts, TheLastFiveAreKept) {
  std::string history;
  for (int i = 1; i <= 7; ++i) {
    history = with_attempt(history, {i, "mx\t[::1]", 450, "4.7.1",
                                     std::string(400, 'x')});
  }
  const auto kept = attempts_of(history + "rubbish\n\tx\n%");
  ASSERT_EQ(kept.size(), 5u);
  EXPECT_EQ(kept.front().at, 3);
  EXPECT_EQ(kept.back().host, "mx\t[::1]");
  EXPECT_EQ(kept.back().text.size(), 300u);
}

TEST_F(QueueDbTest, ForgetsWhatIsDone) {
  const auto m = message(100);
  save(m);
  db_.write({}, {&m.id, 1});
  EXPECT_FALSE(db_.has(m.id));
  EXPECT_FALSE(db_.next_due());
}

TEST_F(QueueDbTest, WhatIsHeldIsNeverDueUntilReleased) {
  const auto m = message(100);
  save(m);
  db_.hold({&m.id, 1});
  EXPECT_FALSE(db_.next_due());
  const QueueTarget target{m.id};
  EXPECT_EQ(db_.hurry({&target, 1}, 1), 0);
  EXPECT_FALSE(db_.next_due());
  EXPECT_TRUE(db_.is_held(m.id));
  db_.release({&m.id, 1}, 7);
  EXPECT_EQ(due(100), std::vector{m.id});
}

TEST_F(QueueDbTest, HurriesOneAccount) {
  const auto m = message(1'000);
  save(m);
  db_.hurry_account(8, 10);
  EXPECT_EQ(db_.next_due(), 1'000);
  db_.hurry_account(7, 10);
  EXPECT_EQ(db_.next_due(), 10);
}

TEST_F(QueueDbTest, TimesMoveWithTheClock) {
  const auto m = message(100);
  save(m);
  db_.shift_times(kHour);
  EXPECT_EQ(db_.next_due(), 100 + kHour);
  EXPECT_EQ(db_.load(m.id)->expires, 50 + kHour);
  EXPECT_EQ(db_.load(m.id)->arrived, m.arrived + kHour);
  EXPECT_EQ(db_.load(m.id)->warned, m.warned > 0 ? m.warned + kHour : 0);
}

}  // namespace
}  // namespace mail::spool
