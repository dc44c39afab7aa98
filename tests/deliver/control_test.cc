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
      m.state = "deferred";
      m.sender = "a\tb@example.org";
      m.size = i;
      for (int r = 0; r < 250; ++r) {
        m.all.push_back({"bob@example.test", "deferred", r, 5, "why"});
      }
      messages.push_back(m);
    }
  }
  std::vector<spool::QueueMessage> list(const std::string& after, int limit,
                                        const spool::QueueFilter&) override {
    std::vector<spool::QueueMessage> page;
    for (const auto& m : messages) {
      if (m.id > after && page.size() < static_cast<std::size_t>(limit)) {
        page.push_back(m);
      }
    }
    return page;
  }
  std::optional<spool::QueueMessage> show(const std::string& id,
                                          std::int64_t from,
                                          int limit) override {
    for (auto m : messages) {
      if (m.id != id) continue;
      const auto all = m.all;
      m.all.clear();
      for (std::size_t i = static_cast<std::size_t>(from);
           i < all.size() && m.all.size() < static_cast<std::size_t>(limit);
           ++i) {
        m.all.push_back(all[i]);
      }
      return m;
    }
    return {};
  }
  bool retry(const std::string& id) override { return id != messages[0].id; }
  bool hold(const std::string&) override { throw Fault("disk is gone"); }
  bool release(const std::string&) override { return false; }
  bool remove(const std::string&) override { return true; }
  spool::QueueStatus status() override { return {1, 2, 3, 4, 5}; }

  std::vector<spool::QueueMessage> messages;
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

TEST_F(ControlTest, ListsAllPages) {
  spool::QueueClient client(dir_.path() + "/c");
  std::vector<std::string> ids;
  ASSERT_TRUE(client.each({}, [&](const auto& m) {
    ids.push_back(m.id);
    EXPECT_EQ(m.sender, "a\tb@example.org");
  }));
  ASSERT_EQ(ids.size(), keeper_.messages.size());
  EXPECT_EQ(ids.back(), keeper_.messages.back().id);
}

TEST_F(ControlTest, ShowsAllRecipients) {
  spool::QueueClient client(dir_.path() + "/c");
  const auto shown = client.show(keeper_.messages[3].id);
  ASSERT_TRUE(shown);
  ASSERT_EQ(shown->all.size(), 250u);
  EXPECT_EQ(shown->all[249].attempts, 249);
  EXPECT_FALSE(client.show("x"));
}

TEST_F(ControlTest, CountsWhatWasDone) {
  spool::QueueClient client(dir_.path() + "/c");
  EXPECT_EQ(client.change("retry", {keeper_.messages[0].id,
                                    keeper_.messages[1].id}),
            1);
  EXPECT_EQ(client.status()->bounced, 5);
}

TEST_F(ControlTest, TroubleIsAnAnswer) {
  spool::QueueClient client(dir_.path() + "/c");
  const auto held = client.change("hold", {keeper_.messages[0].id});
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().why, "disk is gone");
  EXPECT_FALSE(client.change("delete", {"../../etc/passwd"}));
  EXPECT_FALSE(client.change("frobnicate", {keeper_.messages[0].id}));
}

}  // namespace
}  // namespace mail::deliver
