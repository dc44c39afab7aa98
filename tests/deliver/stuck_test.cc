// Files in the spool that cannot be moved or removed: their messages fare as
// if they could, and nobody else's notice.

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "db/database.h"
#include "tests/support/queue_site.h"

namespace mail::deliver {
namespace {

using Verb = spool::QueueVerb;

class StuckTest : public ::testing::Test, protected QueueSite {
 protected:
  ~StuckTest() override {
    for (const auto& path : fixed_) fix(path, 0);
  }

  std::string path(const std::string& shelf, const std::string& id) const {
    return settings_.spool() + "/" + shelf + "/" + spool::shard(id) + "/" + id;
  }
  std::string folder_of(const std::string& id) const {
    return settings_.spool() + "/deferred/" + spool::shard(id);
  }
  // As chattr +i; false where that is not to be had.
  static bool fix(const std::string& path, int flags) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return ::ioctl(file.number(), FS_IOC_SETFLAGS, &flags) == 0;
  }
  bool pin(const std::string& path) {
    fixed_.push_back(path);
    return fix(path, FS_IMMUTABLE_FL);
  }
  void unpin(const std::string& path) { fix(path, 0); }

  bool has_rows(const std::string& id) const {
    db::Database db(settings_.queue_db(), db::Mode::Read);
    auto& query = db.statement("SELECT 1 FROM message WHERE id = ?");
    return query.bind(id).step();
  }
  bool is_gone(const std::string& id) const {
    return !lies_in("in", id) && !lies_in("hold", id) && !deferred(id) &&
           !has_rows(id);
  }
  int attempts(const std::string& id) const {
    const auto all = stored(id).all;
    return all.empty() ? 0 : all.front().attempts;
  }
  void die_and_come_back() {
    ::kill(pids_.front(), SIGKILL);
    stop();
    start();
  }
  // To how many messages it is done.
  std::int64_t order(Verb verb, const std::string& id) {
    const auto change = queue().change(verb, {{id}});
    EXPECT_TRUE(change);
    return change ? change->done : -1;
  }
  // Put now, answered, and out of the spool.
  void expect_that_others_flow(const std::string& sender,
                               const std::string& name) {
    const auto id = put(sender, {name + "@two.example"});
    EXPECT_TRUE(eventually([&] { return !lies_in("in", id); }));
    EXPECT_EQ(sent(name + "@two.example"), 1);
  }

  std::vector<std::string> fixed_;
};

TEST_F(StuckTest, WhatCannotBeMovedKeepsNoOther) {
  start();
  const auto id = put("ann@example.test", {"later-a@one.example"});
  const auto place = path("deferred", id);
  ASSERT_EQ(::mkdir(place.c_str(), 0700), 0);  // taken
  EXPECT_TRUE(eventually([&] { return has_rows(id); }));
  expect_that_others_flow("", "x");
  put("bob@example.test", {"no-such@two.example"});
  EXPECT_TRUE(eventually([&] { return inbox(bob_) == 1; })) << "its report";
  const auto other = put("ann@example.test", {"later-b@two.example"});
  EXPECT_TRUE(eventually([&] { return deferred(other); }));
  EXPECT_TRUE(eventually([&] { return order(Verb::Hold, other) == 1; }));
  EXPECT_TRUE(lies_in("hold", other));
  EXPECT_TRUE(lies_in("in", id));
  die_and_come_back();
  EXPECT_EQ(stored(other).state, "held");
  expect_that_others_flow("", "y");
  EXPECT_EQ(sent("x@two.example"), 1);
  ::rmdir(place.c_str());
  EXPECT_TRUE(eventually([&] { return deferred(id); }));
}

// It rests where it lies: orders are followed, and outlive us.
TEST_F(StuckTest, WhatCannotBeMovedFollowsOrders) {
  const auto id = put("ann@example.test", {"later-a@one.example"});
  if (!pin(folder_of(id))) GTEST_SKIP() << "no chattr +i here";
  start();
  EXPECT_TRUE(eventually([&] { return has_rows(id); }));
  EXPECT_TRUE(eventually([&] { return order(Verb::Hold, id) == 1; }));
  EXPECT_EQ(stored(id).state, "held");
  die_and_come_back();
  EXPECT_TRUE(eventually([&] { return lies_in("hold", id); }));
  EXPECT_EQ(order(Verb::Release, id), 1);
  EXPECT_EQ(stored(id).state, "deferred");
  EXPECT_TRUE(lies_in("hold", id)) << "it cannot go back";
  EXPECT_TRUE(eventually([&] { return order(Verb::Bounce, id) == 1; }));
  die_and_come_back();
  unpin(folder_of(id));
  EXPECT_TRUE(eventually([&] { return inbox(ann_) == 1; })) << "its report";
  EXPECT_TRUE(eventually([&] { return is_gone(id); }));
  EXPECT_EQ(inbox(ann_), 1) << "once";
}

TEST_F(StuckTest, WhatCannotBeMovedIsTriedWhereItLies) {
  const auto id = put("ann@example.test", {"later-a@one.example"});
  if (!pin(folder_of(id))) GTEST_SKIP() << "no chattr +i here";
  start();
  EXPECT_TRUE(eventually([&] { return has_rows(id); }));
  EXPECT_TRUE(eventually([&] { return order(Verb::Retry, id) == 1; }));
  EXPECT_TRUE(eventually([&] { return attempts(id) == 2; }));
  EXPECT_TRUE(lies_in("in", id));
  unpin(folder_of(id));
  EXPECT_TRUE(eventually([&] { return deferred(id); }));
}

// At rest, sent back, and its file stays: its report leaves, and all others.
TEST_F(StuckTest, WhatIsSentBackIsSoThoughItsFileStays) {
  const auto id = put("ann@example.test", {"later-a@one.example"});
  start();
  EXPECT_TRUE(eventually([&] { return deferred(id); }));
  if (!pin(path("deferred", id))) GTEST_SKIP() << "no chattr +i here";
  EXPECT_TRUE(eventually([&] { return order(Verb::Bounce, id) == 1; }));
  EXPECT_TRUE(eventually([&] { return inbox(ann_) == 1; }));
  expect_that_others_flow("", "x");
  put("bob@example.test", {"no-such@two.example"});
  EXPECT_TRUE(eventually([&] { return inbox(bob_) == 1; }));
  die_and_come_back();
  expect_that_others_flow("", "y");
  EXPECT_EQ(sent("x@two.example"), 1);
  EXPECT_EQ(inbox(ann_), 1);
  EXPECT_TRUE(deferred(id));
  unpin(path("deferred", id));
  EXPECT_TRUE(eventually([&] { return is_gone(id); }));
}

TEST_F(StuckTest, WhatIsDoneIsDoneThoughItsFileStays) {
  const auto id = put("ann@example.test", {"x@two.example"});
  const auto refused = put("ann@example.test", {"no-such@two.example"});
  if (!pin(path("in", id)) || !pin(path("in", refused))) GTEST_SKIP() << "no chattr +i here";
  start();
  EXPECT_TRUE(eventually([&] { return has_rows(id) && has_rows(refused); }));
  EXPECT_TRUE(stored(id).all.empty()) << "nothing is left to be done";
  EXPECT_TRUE(eventually([&] { return inbox(ann_) == 1; })) << "the report";
  expect_that_others_flow("", "y");
  die_and_come_back();
  expect_that_others_flow("", "z");
  EXPECT_EQ(sent("x@two.example"), 1);
  EXPECT_EQ(sent("y@two.example"), 1);
  EXPECT_EQ(inbox(ann_), 1);
  unpin(path("in", id));
  unpin(path("in", refused));
  EXPECT_TRUE(eventually([&] { return is_gone(id) && is_gone(refused); }));
}

// Deleted before it is tried: nobody gets it, though its file stays.
TEST_F(StuckTest, WhatIsDeletedIsSoThoughItsFileStays) {
  settings_.relay_site_start = 1;
  put("", {"hang-a@one.example"});
  start();
  ASSERT_TRUE(eventually([&] {
    return ::access((dir_.path() + "/sent.hangs").c_str(), F_OK) == 0;
  }));
  const auto id = put("ann@example.test", {"b@one.example"});
  if (!pin(path("in", id))) GTEST_SKIP() << "no chattr +i here";
  EXPECT_TRUE(eventually([&] {
    bool active = false;
    queue().each_active([&](const auto& one) { active |= one.id == id; });
    return active;
  }));
  EXPECT_EQ(order(Verb::Delete, id), 1);
  replace_file(dir_.path() + "/sent.go", "", 0600);
  die_and_come_back();
  expect_that_others_flow("", "y");
  unpin(path("in", id));
  EXPECT_TRUE(eventually([&] { return is_gone(id); }));
  EXPECT_EQ(sent("b@one.example"), 0);
}

}  // namespace
}  // namespace mail::deliver
