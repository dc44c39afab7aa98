#include "deliver/message.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "deliver/retry.h"
#include "spool/spool.h"

namespace mail::deliver {
namespace {

class FakeDirectory : public directory::Directory {
 public:
  bool is_local(std::string_view domain) override {
    return domain == "example.test";
  }
  Result<std::vector<directory::Destination>> expand(
      std::string_view address) override {
    const auto found = known.find(std::string(address));
    if (found == known.end()) return refuse("no such mailbox here");
    return found->second;
  }
  std::optional<directory::Account> account(std::uint64_t) override {
    return {};
  }
  std::optional<directory::Account> account(std::string_view) override {
    return {};
  }
  bool may_send_as(std::uint64_t, std::string_view) override { return false; }

  std::map<std::string, std::vector<directory::Destination>> known;
};

class MessageTest : public ::testing::Test {
 protected:
  MessageTest() {
    directory_.known["ann@example.test"] = {{1, "ann@example.test", ""}};
    directory_.known["ann+lists@example.test"] = {
        {1, "ann@example.test", "lists"}};
    directory_.known["all@example.test"] = {
        {1, "ann@example.test", ""},
        {2, "bob@example.test", ""},
        {0, "eve@elsewhere.example", ""}};
  }
  Message first(std::vector<std::string> recipients) {
    spool::Item item;
    for (auto& r : recipients) item.envelope.recipients.push_back({r, "", ""});
    return first(item);
  }
  Message first_with(const std::string& recipient, const std::string& notify) {
    spool::Item item;
    item.envelope.recipients.push_back({recipient, "", notify});
    return first(item);
  }
  Message first(spool::Item& item) {
    item.id = spool::make_id(wall_time());
    item.envelope.sender = "x@example.org";
    item.envelope.arrived = wall_time();
    return first_attempt(item, spool::Shelf::In, directory_, {});
  }

  FakeDirectory directory_;
};

TEST_F(MessageTest, EachDestinationIsThereOnce) {
  const Message m = first({"ann@example.test", "all@example.test"});
  ASSERT_EQ(m.targets.size(), 3u);
  EXPECT_EQ(m.targets[0].row.source, 0);
  EXPECT_EQ(m.targets[1].row.source, 1);
  EXPECT_EQ(m.targets[1].row.account, 2u);
}

TEST_F(MessageTest, SubaddressesAreDestinationsOfTheirOwn) {
  const Message m = first({"ann@example.test", "ann+lists@example.test"});
  ASSERT_EQ(m.targets.size(), 2u);
  EXPECT_EQ(m.targets[1].row.detail, "lists");
}

TEST_F(MessageTest, OtherServersAreDueAndStrangersFail) {
  const Message m = first({"all@example.test", "gone@example.test"});
  ASSERT_EQ(m.targets.size(), 4u);
  EXPECT_EQ(m.targets[2].state, TargetState::Due);
  EXPECT_EQ(m.targets[2].row.account, 0u);
  EXPECT_EQ(m.targets[3].state, TargetState::Failed);
  EXPECT_EQ(m.targets[3].row.last_code, "5.1.1");
}

// RFC 3461 5.2.7.3 (c).
TEST_F(MessageTest, AnAddressWithSeveralBehindItIsReportedAsExpanded) {
  const Message m = first_with("all@example.test", "SUCCESS,FAILURE");
  ASSERT_EQ(m.targets.size(), 4u);
  EXPECT_EQ(m.targets[0].state, TargetState::Expanded);
  EXPECT_EQ(m.targets[0].row.address, "all@example.test");
  EXPECT_EQ(m.targets[1].row.notify, "FAILURE");
  EXPECT_EQ(first_with("all@example.test", "SUCCESS").targets[1].row.notify,
            "NEVER");
  EXPECT_EQ(first_with("all@example.test", "").targets.size(), 3u);
}

// Somebody sets the clock while a message is in hand: forward by days it does
// not expire of that, back by hours it does not wait longer.
TEST_F(MessageTest, WhatIsPlannedMovesWithTheClock) {
  Message m = first({"ann@example.test", "all@example.test"});
  const Micros expires = m.expires;
  const Micros arrived = m.arrived;
  m.targets[0].row.next_at = 0;
  m.targets[1].row.next_at = arrived + kMinute;
  shift_times(m, 3 * kDay);
  EXPECT_EQ(m.expires, expires + 3 * kDay);
  EXPECT_EQ(m.arrived, arrived + 3 * kDay);
  EXPECT_EQ(m.warned, 0) << "not yet";
  EXPECT_EQ(m.targets[0].row.next_at, 0) << "never";
  EXPECT_EQ(m.targets[1].row.next_at, arrived + 3 * kDay + kMinute);
  shift_times(m, -3 * kDay - 5 * kHour);
  EXPECT_EQ(m.expires, expires - 5 * kHour);
  EXPECT_EQ(m.targets[1].row.next_at,
            std::max<Micros>(1, arrived - 5 * kHour + kMinute));
}

TEST(LifetimeTest, WhatIsTriedLateHasATenthOfItsTimeLeft) {
  const Lifetime lifetime;
  const Micros arrived = 100 * kDay;
  const auto end = [&](const char* sender, Micros now) {
    return lifetime.end_at_first(sender, arrived, now) - arrived;
  };
  EXPECT_EQ(end("ann@x.example", arrived + kHour), 5 * kDay);
  EXPECT_EQ(end("ann@x.example", arrived + 7 * kDay), 7 * kDay + 12 * kHour);
  EXPECT_EQ(end("ann@x.example", arrived - 7 * kDay), 5 * kDay);
  EXPECT_EQ(end("", arrived + kDay), kDay + kDay / 10);
}

TEST_F(MessageTest, WhatArrivedIsReportedToWhoAskedForIt) {
  Message m = first_with("ann@example.test", "success");
  delivered(m.targets[0]);
  EXPECT_EQ(m.targets[0].state, TargetState::Delivered);
  relayed(m.targets[0], Duties::Ours);
  EXPECT_EQ(m.targets[0].state, TargetState::Relayed);
  relayed(m.targets[0], Duties::TakenOver);
  EXPECT_EQ(m.targets[0].state, TargetState::Done);
  m = first_with("ann@example.test", "FAILURE");
  delivered(m.targets[0]);
  EXPECT_EQ(m.targets[0].state, TargetState::Done);
}

TEST_F(MessageTest, OnlyWhatIsLeftGetsRowsAndComesBack) {
  Message m = first({"all@example.test"});
  m.targets[0].state = TargetState::Done;
  m.targets[1].state = TargetState::Deferred;
  m.targets[1].row.next_at = 1000;
  const auto rows = to_rows(m);
  ASSERT_EQ(rows.recipients.size(), 2u);
  const Message early = next_attempt(rows, 999);
  EXPECT_EQ(early.targets[0].state, TargetState::Deferred);
  const Message due = next_attempt(rows, 1000);
  EXPECT_EQ(due.targets[0].state, TargetState::Due);
  EXPECT_EQ(due.targets[0].row.n, 1);
  EXPECT_TRUE(due.stored);
}

TEST_F(MessageTest, WhatWasNotTriedIsDueAgainAfterARestart) {
  const auto rows = to_rows(first({"ann@example.test"}));
  EXPECT_EQ(next_attempt(rows, wall_time()).targets[0].state,
            TargetState::Due);
}

TEST(RetryTest, GrowsToFourHoursWithSomeChance) {
  EXPECT_EQ(plain_retry_delay(1), 5 * kMinute);
  EXPECT_EQ(plain_retry_delay(4), 40 * kMinute);
  EXPECT_EQ(plain_retry_delay(7), 4 * kHour);
  EXPECT_EQ(plain_retry_delay(700), 4 * kHour);
  std::set<Micros> all;
  for (int i = 0; i < 100; ++i) {
    const std::string id = spool::make_id(wall_time());
    const Micros delay = retry_delay(1, id);
    EXPECT_GE(delay, 5 * kMinute * 85 / 100);
    EXPECT_LE(delay, 5 * kMinute * 115 / 100);
    EXPECT_EQ(retry_delay(1, id), delay) << "all of a message together";
    all.insert(delay);
  }
  EXPECT_GT(all.size(), 50u) << "messages apart";
}

}  // namespace
}  // namespace mail::deliver
