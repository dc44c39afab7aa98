// What administrators want of mail that enters the queue, and of what is in
// hand: a site that hangs has one message, and the others wait behind it.

#include <fcntl.h>

#include <algorithm>

#include "deliver/open_queue.h"
#include "tests/support/queue_site.h"

namespace mail::deliver {
namespace {

using Verb = spool::QueueVerb;

class QueueOrdersTest : public ::testing::Test, protected QueueSite {
 protected:
  QueueOrdersTest() { settings_.relay_site_start = 1; }
  ~QueueOrdersTest() override { let_go(); }

  void let_go() { replace_file(dir_.path() + "/sent.go", "", 0600); }

  std::size_t active() {
    std::size_t count = 0;
    queue().each_active([&](const auto&) { ++count; });
    return count;
  }
  // The first hangs at the server; the others wait behind it.
  std::vector<std::string> put_behind_a_hanging_one(
      std::vector<std::string> others) {
    std::vector<std::string> ids = {
        put("ann@example.test", {"hang-a@one.example"})};
    start();
    EXPECT_TRUE(eventually([&] { return active() == 1; }));
    for (auto& one : others) ids.push_back(put("ann@example.test", {one}));
    EXPECT_TRUE(eventually([&] { return active() == ids.size(); }));
    return ids;
  }
  spool::QueueChange order(Verb verb,
                           const std::vector<spool::QueueTarget>& targets) {
    const auto change = queue().change(verb, targets);
    EXPECT_TRUE(change);
    return change.value_or(spool::QueueChange{});
  }
  bool drained() const { return empty("in") && empty("deferred"); }
};

TEST_F(QueueOrdersTest, WhatWaitsForAConnectionIsDeletedAtOnce) {
  const auto ids =
      put_behind_a_hanging_one({"b@one.example", "c@one.example"});
  const auto change = order(Verb::Delete, {{ids[1]}});
  EXPECT_EQ(change.done, 1);
  EXPECT_EQ(change.later, 0);
  EXPECT_FALSE(lies_in("in", ids[1]));
  let_go();
  EXPECT_TRUE(eventually([&] { return drained(); }));
  EXPECT_EQ(sent("c@one.example"), 1);
  EXPECT_EQ(sent("b@one.example"), 0);
  EXPECT_EQ(inbox(ann_), 0) << "nobody is told";
}

TEST_F(QueueOrdersTest, WhatWaitsForAConnectionIsHeldUntilItIsReleased) {
  const auto ids =
      put_behind_a_hanging_one({"b@one.example", "c@one.example"});
  EXPECT_EQ(order(Verb::Hold, {{ids[1]}}).done, 1);
  EXPECT_EQ(stored(ids[1]).state, "held") << "on the disk";
  EXPECT_EQ(order(Verb::Hold, {{ids[1]}}).done, 0) << "it is already";
  let_go();
  EXPECT_TRUE(eventually([&] { return sent("c@one.example") == 1; }));
  EXPECT_TRUE(eventually([&] { return lies_in("hold", ids[1]); }));
  EXPECT_EQ(sent("b@one.example"), 0);
  EXPECT_TRUE(eventually([&] {
    return order(Verb::Release, {{ids[1]}}).done == 1;
  }));
  EXPECT_TRUE(eventually([&] { return sent("b@one.example") == 1; }));
  EXPECT_TRUE(eventually([&] { return drained() && empty("hold"); }));
}

TEST_F(QueueOrdersTest, WhatWaitsForAConnectionIsGivenUpWithAReason) {
  const auto ids = put_behind_a_hanging_one(
      {"b@one.example", "c@one.example", "d@one.example"});
  EXPECT_EQ(order(Verb::Bounce, {{ids[1]}}).done, 1);
  EXPECT_EQ(order(Verb::Expire, {{ids[2]}}).done, 1);
  EXPECT_TRUE(eventually([&] { return inbox(ann_) == 2; }));
  let_go();
  EXPECT_TRUE(eventually([&] { return drained(); }));
  EXPECT_EQ(sent("b@one.example") + sent("c@one.example"), 0);
  EXPECT_EQ(sent("d@one.example"), 1);
}

TEST_F(QueueOrdersTest, ARetryBringsItToTheFront) {
  const auto ids = put_behind_a_hanging_one(
      {"b@one.example", "c@one.example", "d@one.example"});
  EXPECT_EQ(order(Verb::Retry, {{ids[0]}}).done, 0) << "it is being tried";
  order(Verb::Retry, {{ids[3]}});
  let_go();
  EXPECT_TRUE(eventually([&] { return drained(); }));
  const auto log = read_file(dir_.path() + "/sent").value_or("");
  EXPECT_LT(log.find("d@one.example"), log.find("b@one.example"));
}

// Only some of a message's recipients; the others are where they were.
TEST_F(QueueOrdersTest, RecipientsAreDroppedOneByOne) {
  put_behind_a_hanging_one({});
  const auto id = put("ann@example.test", {"b@one.example", "c@one.example",
                                           "hang-d@two.example"});
  EXPECT_TRUE(eventually([&] { return active() == 2; }));
  EXPECT_EQ(order(Verb::Delete, {{id, {1}}}).done, 1);
  EXPECT_EQ(stored(id).all.size(), 2u);
  let_go();
  EXPECT_TRUE(eventually([&] { return drained(); }));
  EXPECT_EQ(sent("b@one.example"), 1);
  EXPECT_EQ(sent("c@one.example"), 0);
}

TEST_F(QueueOrdersTest, WhatAServerHasFollowsWhenItComesBack) {
  const auto first = put("ann@example.test", {"hang-later-a@one.example"});
  const auto second = put("ann@example.test", {"hang-later-b@two.example"});
  const auto third = put("ann@example.test", {"hang-later-c@three.example"});
  const auto fourth = put("ann@example.test", {"hang-d@four.example"});
  start();
  EXPECT_TRUE(eventually([&] { return active() == 4; }));
  // One sender answers lookups and hangs then: only one is with a server.
  std::int64_t later = 0;
  for (const auto& [verb, id] :
       std::vector<std::pair<Verb, std::string>>{{Verb::Delete, first},
                                                 {Verb::Hold, second},
                                                 {Verb::Bounce, third},
                                                 {Verb::Delete, fourth}}) {
    const auto change = order(verb, {{id}});
    EXPECT_EQ(change.done + change.later, 1);
    later += change.later;
  }
  EXPECT_GE(later, 1);
  EXPECT_TRUE(stored(first).all.empty()) << "dropped, whatever happens now";
  EXPECT_EQ(stored(second).state, "held");
  let_go();
  EXPECT_TRUE(eventually([&] { return inbox(ann_) == 1; }));
  EXPECT_TRUE(eventually([&] { return drained(); }));
  EXPECT_TRUE(eventually([&] { return lies_in("hold", second); }));
  EXPECT_FALSE(deferred(first));
  EXPECT_EQ(sent("hang-d@four.example"), later > 1 ? 1 : 0);
}

// kill -9 in the middle of an order: what has begun is brought to its end.
TEST_F(QueueOrdersTest, WhatWasBeingDeletedOrMovedIsSoAfterARestart) {
  const auto dropped = put("ann@example.test", {"later-a@one.example"});
  const auto held = put("ann@example.test", {"later-b@one.example"});
  const auto released = put("ann@example.test", {"later-c@one.example"});
  start();
  for (const auto& id : {dropped, held, released}) {
    EXPECT_TRUE(eventually([&] { return deferred(id); }));
  }
  EXPECT_EQ(order(Verb::Hold, {{released}}).done, 1);
  stop();
  {
    spool::QueueDb db(settings_.queue_db());
    spool::Shelves shelves(settings_.spool());
    const std::vector<spool::QueueTarget> rows = {{dropped, {0}}};
    db.drop(rows);                      // the file is there still
    const std::vector<std::string> ids = {held};
    db.hold(ids);                       // and so is this one's
    shelves.move(released, spool::Shelf::Hold, spool::Shelf::Deferred);
  }
  start();
  EXPECT_TRUE(eventually([&] { return !deferred(dropped); }));
  EXPECT_TRUE(stored(dropped).id.empty());
  EXPECT_EQ(stored(held).state, "held");
  EXPECT_EQ(stored(released).state, "held") << "nobody has said it is not";
  EXPECT_EQ(order(Verb::Release, {{held}, {released}}).done, 2);
  EXPECT_EQ(stored(held).state, "deferred");
  const auto deleted = order(Verb::Delete, {{held}, {released}});
  EXPECT_EQ(deleted.done + deleted.later, 2);  // they are tried meanwhile
  EXPECT_TRUE(eventually([&] { return drained() && empty("hold"); }));
}

// Nobody has said what became of it when all die: it is as if it were tried,
// in vain.
TEST_F(QueueOrdersTest, WhatAServerHasFollowsEvenIfAllDie) {
  for (const Verb verb : {Verb::Expire, Verb::Bounce, Verb::Delete}) {
    const std::string hangs = dir_.path() + "/sent.hangs";
    ::unlink(hangs.c_str());
    const auto id = put_behind_a_hanging_one({}).front();
    EXPECT_TRUE(eventually([&] { return ::access(hangs.c_str(), F_OK) == 0; }));
    EXPECT_EQ(order(verb, {{id}}).later, 1);
    ::kill(pids_.front(), SIGKILL);
    stop();
    start();
    EXPECT_TRUE(eventually([&] { return drained(); }));
    stop();
  }
  EXPECT_EQ(inbox(ann_), 2) << "of what was not deleted";
  EXPECT_EQ(sent("hang-a@one.example"), 0);
}

// The report was on the disk when all died; of its message, which is held
// since, nothing leaves: and that goes for the report too.
TEST_F(QueueOrdersTest, AReportOnWhatIsHeldWaitsForItsRelease) {
  const auto id =
      put("ann@example.test", {"no-such@one.example", "eve@two.example"});
  {
    spool::QueueDb db(settings_.queue_db());
    spool::Shelves shelves(settings_.spool());
    directory::SqliteDirectory directory(settings_.directory_db(), "+");
    Message message =
        first_attempt(*shelves.open(spool::Shelf::In, id), spool::Shelf::In,
                      directory, Lifetime{});
    auto rows = to_rows(message);
    rows.held = true;
    for (auto& row : rows.recipients) row.next_at = 0;
    message.targets[0].state = TargetState::Failed;
    message.targets[0].row.last_text = "no such user";
    message.targets[1].state = TargetState::Deferred;
    Bouncer bouncer({settings_.spool(), settings_.hostname, db.secret()});
    ASSERT_NE(bouncer.report(message, wall_time()), "");
    db.write({&rows, 1}, {});
    shelves.move(id, spool::Shelf::In, spool::Shelf::Hold);
  }
  start();
  const auto canary = put("ann@example.test", {"bob@example.test"});
  EXPECT_TRUE(eventually([&] { return inbox(bob_) == 1; }));
  EXPECT_FALSE(empty("in"));
  EXPECT_EQ(inbox(ann_), 0);
  EXPECT_EQ(order(Verb::Release, {{id}}).done, 1);
  EXPECT_TRUE(eventually([&] { return inbox(ann_) == 1; }));
  EXPECT_TRUE(eventually([&] { return sent("eve@two.example") == 1; }));
  EXPECT_TRUE(eventually([&] { return drained() && empty("hold"); }));
  EXPECT_EQ(inbox(ann_), 1) << "once";
}

TEST_F(QueueOrdersTest, ARuleHoldsNewMailUntilItIsReleased) {
  start();
  const auto rule = queue().add_rule({0, "ann@example.test", "@two.example",
                                      0, "they move", 0});
  ASSERT_TRUE(rule);
  const auto held = put("ANN@example.test",
                        {"eve@two.example", "bob@example.test"});
  const auto other = put("ann@example.test", {"eve@one.example"});
  EXPECT_TRUE(eventually([&] { return sent("eve@one.example") == 1; }));
  EXPECT_TRUE(eventually([&] { return lies_in("hold", held); }));
  EXPECT_EQ(stored(held).state, "held");
  EXPECT_EQ(stored(held).all.at(0).last,
            "held by rule " + std::to_string(*rule));
  EXPECT_EQ(inbox(bob_), 0) << "a message is held as a whole";
  stop();
  start();
  EXPECT_TRUE(eventually([&] {
    return order(Verb::Release, {{held}}).done == 1;
  }));
  EXPECT_TRUE(eventually([&] { return sent("eve@two.example") == 1; }));
  EXPECT_TRUE(eventually([&] { return inbox(bob_) == 1; }));
  ASSERT_TRUE(queue().remove_rule(*rule));
  put("ann@example.test", {"eva@two.example"});
  EXPECT_TRUE(eventually([&] { return sent("eva@two.example") == 1; }));
}

TEST_F(QueueOrdersTest, WhatIsHeldStaysSoWithoutQueueDb) {
  start();
  ASSERT_TRUE(queue().add_rule({0, "ann@example.test", "", 0, "", 0}));
  const auto id = put("ann@example.test", {"eve@one.example"});
  EXPECT_TRUE(eventually([&] { return lies_in("hold", id); }));
  stop();
  for (const char* end : {"", "-wal", "-shm"}) {
    ::unlink((settings_.queue_db() + end).c_str());
  }
  start();
  EXPECT_TRUE(eventually([&] { return stored(id).state == "held"; }));
  EXPECT_EQ(order(Verb::Release, {{id}}).done, 1);
  EXPECT_TRUE(eventually([&] { return sent("eve@one.example") == 1; }));
}

TEST_F(QueueOrdersTest, ADamagedQueueDbIsPutAsideAndMadeAnew) {
  const auto id = put("ann@example.test", {"later-joe@two.example"});
  start();
  EXPECT_TRUE(eventually([&] { return deferred(id); }));
  stop();
  ::unlink((settings_.queue_db() + "-wal").c_str());
  replace_file(settings_.queue_db(), std::string(20'000, 'x'), 0600);
  start();
  EXPECT_TRUE(eventually([&] { return stored(id).state == "deferred"; }));
  EXPECT_TRUE(std::ranges::any_of(
      list_folder(dir_.path()),
      [](const auto& name) { return name.starts_with("queue.db.damaged-"); }));
}

// While the scheduler works with it: it ends, and the next one begins anew.
TEST_F(QueueOrdersTest, DamageThatIsMetIsMarkedForTheNextStart) {
  const std::string path = settings_.queue_db();
  {
    spool::QueueDb db(path);
    std::vector<spool::StoredMessage> rows(200);
    for (auto& row : rows) {
      row.id = spool::make_id(wall_time());
      row.sender = std::string(500, 'x');
    }
    db.write(rows, {});
    // All that is behind the first page.
    db::Database(path, db::Mode::Write).checkpoint_truncate();
    const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    const std::string rubbish(4096, '\x55');
    for (off_t at = 4096; at < 200'000; at += 4096) {
      ASSERT_EQ(::pwrite(file.number(), rubbish.data(), rubbish.size(), at),
                4096);
    }
    spool::QueueDb* met = &db;
    EXPECT_THROW(
        {
          db.reopen();
          for (const auto& row : rows) met->load(row.id);
        },
        db::Damaged);
    EXPECT_THROW(db.expect_sound(), Fault);
  }
  EXPECT_TRUE(spool::is_marked_damaged(path));
  auto fresh = open_queue(path);
  EXPECT_TRUE(fresh.empty());
  EXPECT_FALSE(spool::is_marked_damaged(path));
  EXPECT_NO_THROW(fresh.expect_sound());
  ::unlink(path.c_str());
  EXPECT_THROW(fresh.expect_sound(), Fault) << "taken away";
}

TEST_F(QueueOrdersTest, MailToASuppressedAddressComesBackAtOnce) {
  const auto waits = put("ann@example.test", {"later-joe@two.example"});
  start();
  EXPECT_TRUE(eventually([&] { return deferred(waits); }));
  ASSERT_TRUE(queue().suppress({"later-joe@two.example", 0, "he left", 0}));
  EXPECT_TRUE(eventually([&] { return inbox(ann_) == 1; }));
  EXPECT_TRUE(eventually([&] { return !deferred(waits); }));
  ASSERT_TRUE(queue().suppress(
      {"@three.example", wall_time() + kHour, "", 0}));
  put("ann@example.test", {"Eve@three.example", "eve@one.example"});
  EXPECT_TRUE(eventually([&] { return inbox(ann_) == 2; }));
  EXPECT_TRUE(eventually([&] { return sent("eve@one.example") == 1; }));
  EXPECT_EQ(sent("Eve@three.example"), 0);
  ASSERT_TRUE(queue().unsuppress("@three.example"));
  put("ann@example.test", {"eve@three.example"});
  EXPECT_TRUE(eventually([&] { return sent("eve@three.example") == 1; }));
}

}  // namespace
}  // namespace mail::deliver
