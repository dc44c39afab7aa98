// Somebody sets the clock by days while mail waits: nothing is tried, given up
// or complained of for that, and everything in its time.

#include "deliver/clock_watch.h"
#include "tests/support/false_clock.h"
#include "tests/support/queue_site.h"

namespace mail::deliver {
namespace {

TEST(ClockWatchTest, TellsByHowMuchTheClockWasSet) {
  const ClockRestorer restorer;
  ClockWatch watch;
  EXPECT_FALSE(watch.step());
  set_clock(3 * kDay);
  const Micros forth = watch.step().value_or(0);
  EXPECT_NEAR(static_cast<double>(forth), 3 * kDay, kSecond);
  EXPECT_FALSE(watch.step()) << "once";
  set_clock(-10 * kDay);
  const Micros back = watch.step().value_or(0);
  EXPECT_NEAR(static_cast<double>(back), -10 * kDay, kSecond);
  set_clock(kSecond);
  EXPECT_FALSE(watch.step()) << "too little to care about";
}

class ClockStepTest : public ::testing::Test, protected QueueSite {
 protected:
  ~ClockStepTest() override { stop(); }

  // Ten that wait for their second attempt.
  void put_ten() {
    for (int i = 0; i < 10; ++i) {
      ids_.push_back(put("ann@example.test",
                         {"later-" + std::to_string(i) + "@one.example"}));
    }
    start();
    ASSERT_TRUE(eventually([&] { return rest_after(1); }));
  }
  bool rest_after(int attempts) {
    return std::ranges::all_of(ids_, [&](const auto& id) {
      const auto rows = stored(id);
      return deferred(id) && rows.state == "deferred" &&
             rows.all.size() == 1 && rows.all[0].attempts == attempts;
    });
  }
  // Whether each one's next attempt is a moment from now, and its end days.
  bool planned(Micros at_most) {
    const Micros now = wall_time();
    return std::ranges::all_of(ids_, [&](const auto& id) {
      const auto rows = stored(id);
      return rows.all.at(0).next_at > now &&
             rows.all.at(0).next_at < now + at_most &&
             rows.arrived > now - kHour && rows.arrived <= now + kSecond;
    });
  }
  void retry_all() {
    EXPECT_TRUE(eventually([&] {
      std::vector<spool::QueueTarget> targets;
      for (const auto& id : ids_) targets.push_back({id});
      const auto change = queue().change(spool::QueueVerb::Retry, targets);
      return change && change->done == static_cast<std::int64_t>(ids_.size());
    }));
  }

  const ClockRestorer restorer_;
  std::vector<std::string> ids_;
};

TEST_F(ClockStepTest, NothingIsTriedOrGivenUpBecauseOfThat) {
  put_ten();
  for (const Micros step : {3 * kDay, -6 * kDay, 30 * kDay}) {
    set_clock(step);
    EXPECT_TRUE(eventually([&] { return planned(6 * kMinute); })) << step;
    EXPECT_TRUE(rest_after(1)) << "in its time, not at once";
  }
  retry_all();
  EXPECT_TRUE(eventually([&] { return rest_after(2); })) << "not given up";
  EXPECT_TRUE(planned(12 * kMinute));
  EXPECT_EQ(inbox(ann_), 0) << "nor is anybody told of a delay";
}

TEST_F(ClockStepTest, ATimeThatComesStillComes) {
  settings_.queue_retry = 3;
  put_ten();
  set_clock(-9 * kDay);
  EXPECT_TRUE(eventually([&] { return rest_after(2); })) << "tried again";
}

TEST_F(ClockStepTest, TheNoticeOfADelayStillComes) {
  settings_.queue_delay_notice = 3;
  put_ten();
  set_clock(-9 * kDay);
  EXPECT_TRUE(eventually([&] { return planned(6 * kMinute); }));
  EXPECT_EQ(inbox(ann_), 0);
  const Micros late = steady_time() + 3 * kSecond;
  EXPECT_TRUE(eventually([&] { return steady_time() > late; }));
  retry_all();
  EXPECT_TRUE(eventually([&] { return inbox(ann_) == 10; }));
}

TEST_F(ClockStepTest, TheEndStillComes) {
  settings_.queue_expire = 4;
  put_ten();
  set_clock(-9 * kDay);
  EXPECT_TRUE(eventually([&] { return inbox(ann_) == 10; })) << "all of them";
  EXPECT_TRUE(eventually([&] { return empty("in") && empty("deferred"); }));
}

// What has just come in and was not tried yet.
TEST_F(ClockStepTest, NewMailIsNotTooOldForItsFirstAttempt) {
  const auto id = put("ann@example.test", {"later-a@one.example"});
  set_clock(30 * kDay);
  start();
  ASSERT_TRUE(eventually([&] { return deferred(id); }));
  EXPECT_TRUE(eventually([&] { return stored(id).state == "deferred"; }));
  const auto rows = stored(id);
  ASSERT_EQ(rows.all.size(), 1u);
  EXPECT_EQ(rows.all[0].attempts, 1);
  EXPECT_GT(rows.expires, wall_time() + 11 * kHour);
}

}  // namespace
}  // namespace mail::deliver
