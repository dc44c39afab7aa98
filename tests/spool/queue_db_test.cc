#include "spool/queue_db.h"

#include <gtest/gtest.h>

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
    eve.state = RecipientState::Waiting;
    return m;
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
  EXPECT_EQ(loaded->recipients[1].state, RecipientState::Waiting);
}

TEST_F(QueueDbTest, TellsWhatIsDueAndWhen) {
  const auto early = message(100);
  const auto late = message(200);
  save(late);
  save(early);
  EXPECT_EQ(db_.next_due(), 100);
  EXPECT_TRUE(db_.due(99, 10).empty());
  EXPECT_EQ(db_.due(150, 10), std::vector{early.id});
  EXPECT_EQ(db_.due(300, 10).size(), 2u);
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
  db_.hold(m.id);
  EXPECT_FALSE(db_.next_due());
  db_.hurry({&m.id, 1}, 1);
  EXPECT_FALSE(db_.next_due());
  EXPECT_EQ(db_.list("", 10, {"held", "", ""}).size(), 1u);
  db_.release(m.id);
  EXPECT_EQ(db_.due(100, 10), std::vector{m.id});
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
}

TEST_F(QueueDbTest, ListsInPagesAndByFilter) {
  for (int i = 0; i < 5; ++i) save(message(100));
  const auto page = db_.list("", 3, {});
  ASSERT_EQ(page.size(), 3u);
  EXPECT_EQ(db_.list(page.back().id, 3, {}).size(), 2u);
  EXPECT_EQ(db_.list("", 9, {"", "@example.org", ""}).size(), 5u);
  EXPECT_EQ(db_.list("", 9, {"", "example.org", ""}).size(), 0u);
  EXPECT_EQ(db_.list("", 9, {"", "", "bob@example.test"}).size(), 5u);
  EXPECT_EQ(db_.list("", 9, {"", "", "@other"}).size(), 0u);
  EXPECT_EQ(db_.list("", 9, {"waiting", "", ""}).size(), 0u);
  EXPECT_EQ(page[0].why, "over quota");
  EXPECT_EQ(page[0].recipients, 2);
}

TEST_F(QueueDbTest, ShowsRecipientsPageByPage) {
  const auto m = message(100);
  save(m);
  const auto first = db_.show(m.id, 0, 1);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->all.size(), 1u);
  EXPECT_EQ(first->all[0].last, "4.2.2 over quota");
  EXPECT_EQ(db_.show(m.id, 1, 9)->all[0].state, "waiting");
  EXPECT_TRUE(db_.show(m.id, 2, 9)->all.empty());
  EXPECT_FALSE(db_.show(make_id(5), 0, 9));
}

}  // namespace
}  // namespace mail::spool
