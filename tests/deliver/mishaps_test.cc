// Orders that meet trouble: a stop between two steps, a file that cannot be
// removed, rows that cannot be written.

#include <sys/stat.h>

#include "db/database.h"
#include "tests/support/queue_site.h"

namespace mail::deliver {
namespace {

using Verb = spool::QueueVerb;

class MishapsTest : public ::testing::Test, protected QueueSite {
 protected:
  ~MishapsTest() override {
    let_go();
    if (pids_.size() > 1) ::kill(pids_[1], SIGCONT);
  }

  void let_go() { replace_file(dir_.path() + "/sent.go", "", 0600); }
  bool drained() const { return empty("in") && empty("deferred"); }
  bool active(const std::string& id) {
    bool found = false;
    queue().each_active([&](const auto& one) { found |= one.id == id; });
    return found;
  }
  std::int64_t later(Verb verb, const std::string& id) {
    const auto change = queue().change(verb, {{id}});
    EXPECT_TRUE(change);
    return change ? change->later : 0;
  }
  // All that is written of messages fails, until allow().
  void forbid(const std::string& table) {
    db::Database db(settings_.queue_db(), db::Mode::Write);
    for (const std::string verb : {"INSERT", "UPDATE", "DELETE"}) {
      db.run("CREATE TRIGGER no_" + table + verb + " BEFORE " + verb + " ON " +
              table + " BEGIN SELECT RAISE(ABORT, 'stuck'); END");
    }
  }
  void allow(const std::string& table) {
    db::Database db(settings_.queue_db(), db::Mode::Write);
    for (const std::string verb : {"INSERT", "UPDATE", "DELETE"}) {
      db.run("DROP TRIGGER no_" + table + verb);
    }
  }
  std::string path_of(const std::string& id) const {
    return settings_.spool() + "/deferred/" + spool::shard(id) + "/" + id;
  }
  bool has_rows(const std::string& id) const {
    db::Database db(settings_.queue_db(), db::Mode::Read);
    auto& query = db.statement("SELECT 1 FROM message WHERE id = ?");
    return query.bind(id).step();
  }
};

// The worker has it in its mailbox, and nobody has heard so when all die.
TEST_F(MishapsTest, WhatIsInAMailboxIsNotSentBackAfterACrash) {
  for (const Verb verb : {Verb::Bounce, Verb::Expire}) {
    start();
    ::kill(pids_[1], SIGSTOP);
    const auto before = inbox(ann_);
    const auto id = put("bob@example.test", {"ann@example.test"});
    ASSERT_TRUE(eventually([&] { return active(id); }));
    EXPECT_EQ(later(verb, id), 1);
    ::kill(pids_[0], SIGKILL);
    ::waitpid(pids_[0], nullptr, 0);
    ::kill(pids_[1], SIGCONT);
    ASSERT_TRUE(eventually([&] { return inbox(ann_) == before + 1; }));
    stop();
    start();
    EXPECT_TRUE(eventually([&] { return drained(); }));
    EXPECT_TRUE(eventually([&] { return !has_rows(id); }));
    EXPECT_EQ(inbox(ann_), before + 1);
    EXPECT_EQ(inbox(bob_), 0) << "it has arrived";
    stop();
  }
}

// The worker has told, another recipient is on its way: what has come of the
// order is on the disk.
TEST_F(MishapsTest, WhatCameOfAnOrderIsWrittenWhileOthersAreOnTheirWay) {
  start();
  ::kill(pids_[1], SIGSTOP);
  const auto id = put("bob@example.test",
                      {"ann@example.test", "hang-a@one.example"});
  ASSERT_TRUE(eventually([&] {
    return ::access((dir_.path() + "/sent.hangs").c_str(), F_OK) == 0;
  }));
  EXPECT_EQ(later(Verb::Bounce, id), 1);
  EXPECT_EQ(stored(id).all.size(), 2u);
  ::kill(pids_[1], SIGCONT);
  ASSERT_TRUE(eventually([&] { return stored(id).all.size() == 1; }));
  EXPECT_EQ(stored(id).all.front().address, "hang-a@one.example");
  EXPECT_EQ(inbox(ann_), 1);
  ::kill(pids_[0], SIGKILL);
  stop();
  start();
  EXPECT_TRUE(eventually([&] { return inbox(bob_) == 1 && drained(); }));
  EXPECT_EQ(inbox(ann_), 1);
}

// Whatever does not go keeps nothing else, and goes by itself.
TEST_F(MishapsTest, ARemovalThatFailsIsTriedAgain) {
  const auto stuck = put("ann@example.test", {"later-a@one.example"});
  const auto other = put("ann@example.test", {"later-b@one.example"});
  start();
  ASSERT_TRUE(eventually([&] { return deferred(stuck) && deferred(other); }));
  ASSERT_TRUE(eventually([&] { return !active(stuck) && !active(other); }));
  ::unlink(path_of(stuck).c_str());
  ASSERT_EQ(::mkdir(path_of(stuck).c_str(), 0700), 0);  // not to be unlinked
  const auto change = queue().change(Verb::Delete, {{stuck}, {other}});
  ASSERT_FALSE(change);
  EXPECT_TRUE(change.error().why.contains("goes as soon as it can"));
  EXPECT_FALSE(deferred(other));
  EXPECT_FALSE(has_rows(other));
  EXPECT_TRUE(has_rows(stuck));
  EXPECT_TRUE(stored(stuck).all.empty()) << "nothing of it is tried";
  ::rmdir(path_of(stuck).c_str());
  EXPECT_TRUE(eventually([&] { return !has_rows(stuck); }));
}

TEST_F(MishapsTest, AFileThatCannotBeRemovedKeepsNoSchedulerFromStarting) {
  const auto id = put("ann@example.test", {"later-a@one.example"});
  start();
  ASSERT_TRUE(eventually([&] { return deferred(id) && !active(id); }));
  ::unlink(path_of(id).c_str());
  ASSERT_EQ(::mkdir(path_of(id).c_str(), 0700), 0);
  EXPECT_FALSE(queue().change(Verb::Delete, {{id}}));
  stop();
  start();
  put("ann@example.test", {"bob@example.test"});
  EXPECT_TRUE(eventually([&] { return inbox(bob_) == 1; }));
  ::rmdir(path_of(id).c_str());
  EXPECT_TRUE(eventually([&] { return !has_rows(id); }));
}

TEST_F(MishapsTest, RowsThatDoNotGoAreTriedAgain) {
  const auto id = put("ann@example.test", {"later-a@one.example"});
  start();
  ASSERT_TRUE(eventually([&] { return deferred(id) && !active(id); }));
  forbid("message");
  EXPECT_FALSE(queue().change(Verb::Delete, {{id}}));
  EXPECT_FALSE(deferred(id));
  EXPECT_TRUE(has_rows(id));
  allow("message");
  EXPECT_TRUE(eventually([&] { return !has_rows(id); }));
}

// What cannot be told to its sender is not lost to him.
TEST_F(MishapsTest, AReportThatCannotBeQueuedKeepsTheMessage) {
  const auto id = put("ann@example.test", {"later-a@one.example"});
  start();
  ASSERT_TRUE(eventually([&] { return deferred(id) && !active(id); }));
  const auto shelf = [&](char shard) {
    return settings_.spool() + "/in/" + shard;
  };
  for (const char shard : std::string("0123456789abcdef")) {
    ASSERT_EQ(::rmdir(shelf(shard).c_str()), 0);  // no name is taken any more
  }
  EXPECT_TRUE(queue().change(Verb::Bounce, {{id}}));
  EXPECT_TRUE(eventually([&] {
    const auto rows = stored(id).all;
    return rows.size() == 1 && rows[0].next_at > wall_time() + kMinute;
  })) << "the report is tried again later";
  EXPECT_TRUE(deferred(id));
  EXPECT_EQ(stored(id).all.at(0).state, "failed");
  stop();
  for (const char shard : std::string("0123456789abcdef")) {
    ASSERT_EQ(::mkdir(shelf(shard).c_str(), 0700), 0);
  }
  start();
  ASSERT_TRUE(queue().change(Verb::Retry, {{id}}));
  EXPECT_TRUE(eventually([&] { return inbox(ann_) == 1 && drained(); }));
}

// A stop in between would leave rows of a file that is missed.
TEST_F(MishapsTest, TheRowsOfWhatIsDeletedGoBeforeItsFile) {
  settings_.relay_site_start = 1;
  put("ann@example.test", {"hang-a@one.example"});
  start();
  ASSERT_TRUE(eventually([&] {
    return ::access((dir_.path() + "/sent.hangs").c_str(), F_OK) == 0;
  }));
  const auto id =
      put("ann@example.test", {"b@one.example", "c@one.example"});
  ASSERT_TRUE(eventually([&] { return active(id); }));
  ASSERT_TRUE(queue().change(Verb::Delete, {{id, {1}}}));
  ASSERT_EQ(stored(id).all.size(), 1u);
  forbid("recipient");
  EXPECT_FALSE(queue().change(Verb::Delete, {{id}}));
  EXPECT_TRUE(lies_in("in", id)) << "its rows want it";
  allow("recipient");
  EXPECT_TRUE(eventually([&] { return !lies_in("in", id) && !has_rows(id); }));
  let_go();
  EXPECT_TRUE(eventually([&] { return drained(); }));
  EXPECT_EQ(sent("b@one.example") + sent("c@one.example"), 0);
}

}  // namespace
}  // namespace mail::deliver
