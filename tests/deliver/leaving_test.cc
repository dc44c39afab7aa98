// The scheduler's way out: with a real delivery worker, and a sender that does
// as the addresses tell it.

#include "tests/support/queue_site.h"

namespace mail::deliver {
namespace {

class LeavingTest : public ::testing::Test, protected QueueSite {};

TEST_F(LeavingTest, WhatArrivesAtOnceAtOtherServersIsNeverWritten) {
  put("ann@example.test", {"eve@one.example", "eva@one.example"});
  start();
  ASSERT_TRUE(eventually([&] { return empty("in"); }));
  EXPECT_TRUE(empty("deferred"));
  EXPECT_EQ(sent("eve@one.example"), 1);
  EXPECT_EQ(sent("eva@one.example"), 1);
  stop();
  EXPECT_EQ(spool::QueueDb(settings_.queue_db()).count(), 0);
}

TEST_F(LeavingTest, OnlyWhatIsLeftIsTriedAgain) {
  const auto id =
      put("ann@example.test",
          {"eve@one.example", "later-joe@two.example", "bob@example.test"});
  start();
  ASSERT_TRUE(eventually([&] { return deferred(id); }));
  stop();
  start();
  EXPECT_EQ(sent("eve@one.example"), 1);
  EXPECT_EQ(inbox(bob_), 1);
  EXPECT_EQ(sent("later-joe@two.example"), 0);
}

TEST_F(LeavingTest, WhatAnotherServerRefusesComesBack) {
  put("ann@example.test", {"no-such@one.example", "eve@one.example"});
  start();
  EXPECT_TRUE(eventually([&] { return inbox(ann_) == 1; }));
  EXPECT_EQ(sent("eve@one.example"), 1);
  EXPECT_TRUE(eventually([&] { return empty("in") && empty("deferred"); }));
}

TEST_F(LeavingTest, WhoseServerTakesItsTimeKeepsNobodyElse) {
  settings_.queue_retry = 1;
  const auto id = put("ann@example.test",
                      {"silent-joe@one.example", "later-eve@two.example",
                       "no-such@three.example", "bob@example.test"});
  start();
  const auto tried = [&] {
    for (const auto& one : stored(id).all) {
      if (one.address == "later-eve@two.example") return one.attempts;
    }
    return 0;
  };
  // Seen at once, tried again, and told.
  EXPECT_TRUE(eventually([&] { return tried() > 0; }));
  EXPECT_TRUE(eventually([&] { return tried() > 1; }));
  EXPECT_TRUE(eventually([&] { return inbox(ann_) == 1; }));
  EXPECT_TRUE(eventually([&] { return stored(id).all.size() == 2; }));
  EXPECT_TRUE(lies_in("in", id));
  EXPECT_EQ(inbox(bob_), 1);
  // Whoever comes next has the same, and makes no other report.
  stop();
  start();
  EXPECT_TRUE(eventually([&] { return tried() > 2; }));
  EXPECT_EQ(inbox(ann_), 1);
  EXPECT_EQ(inbox(bob_), 1);
}

TEST_F(LeavingTest, WhatIsResumedLeavesBesideASlowServer) {
  start();
  const spool::Suspension suspension{spool::Suspension::Kind::Domain,
                                     "two.example", wall_time() + kHour, ""};
  ASSERT_TRUE(eventually([&] {
    return spool::QueueClient::reach(settings_.queue_control()).has_value();
  }));
  ASSERT_TRUE(queue().suspend(suspension));
  const auto id = put("ann@example.test",
                      {"silent-joe@one.example", "eve@two.example"});
  EXPECT_TRUE(eventually([&] {
    return std::ranges::any_of(stored(id).all, [](const auto& one) {
      return one.last.contains("suspended");
    });
  }));
  ASSERT_TRUE(queue().resume(suspension.kind, suspension.name));
  EXPECT_TRUE(eventually([&] { return sent("eve@two.example") == 1; }));
  EXPECT_TRUE(lies_in("in", id)) << "the other is still out";
}

TEST_F(LeavingTest, WhatASenderDiedOfIsRepeatedAndTheRestArrives) {
  put("ann@example.test", {"die-once@one.example"});
  const auto bad = put("ann@example.test", {"die-always@two.example"});
  put("ann@example.test", {"eve@three.example"});
  start();
  EXPECT_TRUE(eventually([&] { return sent("eve@three.example") > 0; }));
  EXPECT_TRUE(eventually([&] { return sent("die-once@one.example") == 1; }));
  EXPECT_TRUE(eventually([&] {
    return ::access((settings_.spool() + "/corrupt/" + bad).c_str(), F_OK) == 0;
  }));
  EXPECT_TRUE(eventually([&] { return empty("in") && empty("deferred"); }));
}

TEST_F(LeavingTest, MailThatWaitsForADomainThatBecomesOursStays) {
  const auto id = put("x@example.org", {"later-ann@new.example"});
  start();
  ASSERT_TRUE(eventually([&] { return deferred(id); }));
  stop();
  ASSERT_TRUE(editor_->add_domain("new.example"));
  const auto joe = add("later-ann@new.example");
  {
    spool::QueueDb db(settings_.queue_db());
    db.hurry(spool::Suspension::Kind::Domain, "new.example", 1);
  }
  start();
  EXPECT_TRUE(eventually([&] { return inbox(joe) == 1; }));
  EXPECT_TRUE(eventually([&] { return empty("deferred"); }));
}

}  // namespace
}  // namespace mail::deliver
