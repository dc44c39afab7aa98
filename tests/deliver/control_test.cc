#include "deliver/control.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

#include "base/fault.h"
#include "spool/spool.h"
#include "tests/support/temp_dir.h"

namespace mail::deliver {
namespace {

class FakeKeeper : public QueueKeeper {
 public:
  FakeKeeper() {
    for (int i = 0; i < 450; ++i) {
      spool::QueueMessage m;
      m.id = spool::make_id(1'000'000 + i * kMillisecond);
      m.state = "active";
      m.sender = "a\tb@example.org";
      m.size = i;
      m.stored = i % 2 == 1;
      const int count = i == 3 ? 5000 : 10;
      for (int r = 0; r < count; ++r) {
        m.all.push_back({"bob@example.test", "active", r, 5, "why", r,
                         "mx.example", {}});
      }
      messages[m.id] = m;
    }
  }
  std::string next_in_hand(const std::string& after) override {
    const auto next = messages.upper_bound(after);
    return next == messages.end() ? "" : next->first;
  }
  std::optional<spool::QueueMessage> in_hand(const std::string& id) override {
    return messages.at(id);
  }
  std::int64_t change(spool::QueueVerb verb,
                      const std::vector<spool::QueueTarget>& targets) override {
    if (verb == spool::QueueVerb::Hold) throw Fault("disk is gone");
    for (const auto& target : targets) {
      recipients += target.recipients.size();
    }
    ++questions;
    return static_cast<std::int64_t>(targets.size());
  }
  void suspend(const spool::Suspension& one) override { suspended = one; }
  bool resume(spool::Suspension::Kind, const std::string& name) override {
    return name == suspended.name;
  }
  spool::QueueStatus status() override { return {1, 2, 3, 4, 5}; }

  std::map<std::string, spool::QueueMessage> messages;
  std::size_t recipients = 0;
  int questions = 0;
  spool::Suspension suspended;
};

class ControlTest : public ::testing::Test {
 protected:
  ControlTest()
      : control_(dir_.path() + "/c"), server_([this](std::stop_token stop) {
          while (!stop.stop_requested()) {
            pollfd ready{control_.wait_on(), POLLIN, 0};
            ::poll(&ready, 1, 20);
            control_.serve(keeper_);
          }
        }) {}

  TempDir dir_;
  FakeKeeper keeper_;
  Control control_;
  std::jthread server_;
};

TEST_F(ControlTest, ListsAllPagesOfWhatIsInHand) {
  spool::QueueClient client(dir_.path() + "/c");
  std::vector<spool::QueueMessage> met;
  client.each_active([&](auto m) { met.push_back(std::move(m)); });
  ASSERT_EQ(met.size(), keeper_.messages.size());
  EXPECT_EQ(met[3].all.size(), 5000u);
  EXPECT_EQ(met[3].all[4999].n, 4999);
  EXPECT_EQ(met[449].all.size(), 10u);
  EXPECT_EQ(met[449].sender, "a\tb@example.org");
  EXPECT_EQ(met[2].all[1].site, "mx.example");
  EXPECT_FALSE(met[2].stored);
  EXPECT_TRUE(met[3].stored);
}

TEST_F(ControlTest, ChangesManyInSeveralQuestions) {
  spool::QueueClient client(dir_.path() + "/c");
  std::vector<spool::QueueTarget> targets;
  for (const auto& [id, message] : keeper_.messages) {
    targets.push_back({id, {1, 2, 3}});
  }
  targets.push_back({targets[0].id, std::vector<int>(9000, 2'000'000'000)});
  EXPECT_EQ(client.change(spool::QueueVerb::Retry, targets), 451);
  EXPECT_EQ(keeper_.recipients, 450u * 3 + 9000);
  EXPECT_EQ(keeper_.questions, 3);
  EXPECT_EQ(client.status()->bounced, 5);
}

TEST_F(ControlTest, SuspendsAndResumes) {
  using Kind = spool::Suspension::Kind;
  spool::QueueClient client(dir_.path() + "/c");
  EXPECT_TRUE(client.suspend({Kind::Site, "mx.example", 77, "a\tb"}));
  EXPECT_EQ(keeper_.suspended.kind, Kind::Site);
  EXPECT_EQ(keeper_.suspended.until, 77);
  EXPECT_EQ(keeper_.suspended.why, "a\tb");
  EXPECT_TRUE(client.resume(Kind::Site, "mx.example"));
  EXPECT_FALSE(client.resume(Kind::Site, "other.example"));
}

TEST_F(ControlTest, TroubleIsAnAnswer) {
  spool::QueueClient client(dir_.path() + "/c");
  const auto held = client.change(spool::QueueVerb::Hold,
                                  {{spool::make_id(5)}});
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().why, "disk is gone");
  EXPECT_FALSE(client.change(spool::QueueVerb::Delete,
                             {{"../../etc/passwd"}}));
}

TEST_F(ControlTest, RefusesWhatItDoesNotUnderstand) {
  FakeKeeper keeper;
  const std::string id = spool::make_id(5);
  for (const std::string& question : std::vector<std::string>{
           "", "\n", "frobnicate\n", "retry\t" + id, "retry\t" + id + " x\n",
           "retry\t" + id + " 99999999999\n", "retry\t" + id + " \n",
           "suspend\tdomain\tx\n", "suspend\tplanet\tx\t5\twhy\n",
           "suspend\tdomain\t\t5\twhy\n", "suspend\tsite\tx\t-5\twhy\n",
           "resume\tsite\n", "resume\tplanet\tx\n", "active\n",
           "active\tx\n"}) {
    EXPECT_TRUE(answer(question, keeper).starts_with("no\t")) << question;
  }
}

}  // namespace
}  // namespace mail::deliver
