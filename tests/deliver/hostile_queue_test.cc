// Servers that misbehave, and a DNS that does, met by a real sender, a real
// scheduler and queue.db: nothing is lost, nothing arrives twice, and those
// beside them get their mail.

#include <algorithm>
#include <array>

#include "deliver/sender.h"
#include "tests/support/queue_site.h"
#include "tests/support/smtp_server.h"

namespace mail::deliver {
namespace {

constexpr std::uint64_t kFirstSeed = 1;
constexpr std::uint64_t kSeeds = 24;

class HostileQueueTest : public ::testing::Test, protected QueueSite {
 protected:
  HostileQueueTest() {
    settings_.relay_timeout = 1;
    settings_.tls_authorities.clear();
    settings_.dns_local_only = true;
    settings_.routes = {"many.test mx:" + std::to_string(many_.port())};
    // One message each: they serve one connection after the other.
    for (std::size_t i = 0; i < good_.size(); ++i) {
      settings_.routes.push_back("g" + std::to_string(i) +
                                 ".test [127.0.0.1]:" +
                                 std::to_string(good_[i].port()));
    }
    for (std::uint64_t i = 0; i < kSeeds; ++i) {
      SmtpServerOptions options;
      if (i % 3 == 1) options.offers.erase("PIPELINING");
      bad_.push_back(std::make_unique<SmtpServer>(options));
      bad_.back()->misbehave(kFirstSeed + i);
      settings_.routes.push_back(domain(i) + " [127.0.0.1]:" +
                                 std::to_string(bad_.back()->port()));
    }
    // A thousand hosts of which half have an address; ourselves; silence.
    records_ =
        "loop.test MX 10 mx.example.test\nlate.test TRYLATER\n";
    for (int i = 0; i < 1000; ++i) {
      const std::string host = "h" + std::to_string(i) + ".many.test";
      records_ += "many.test MX 10 " + host + "\n";
      if (i % 2 == 1) records_ += host + " A 127.0.0.1\n";
    }
  }
  ~HostileQueueTest() override { stop(); }

  int sender() override {
    Sender sender(settings_, {{}, records_},
                  {1, senders_->theirs, announcements_});
    ::_exit(sender.run());
  }

  static std::string domain(std::uint64_t i) {
    return "h" + std::to_string(kFirstSeed + i) + ".test";
  }

  // Looks at what became of a message for `to` at that server: 1 when its
  // sender must have been told that somebody has nothing.
  int check(const std::string& id, const std::vector<std::string>& to,
            const std::map<std::string, int>& taken) {
    const auto left = stored(id).all;
    int told = 0;
    for (const auto& address : to) {
      const auto found = taken.find(address);
      const int times = found == taken.end() ? 0 : found->second;
      EXPECT_LE(times, 1) << address;
      const bool waits =
          std::ranges::count(left, address, &spool::QueueRecipient::address);
      if (!waits && times == 0) told = 1;
    }
    return told;
  }

  std::string records_;
  std::array<SmtpServer, 6> good_;
  SmtpServer many_{{.name = "many.test"}};
  std::vector<std::unique_ptr<SmtpServer>> bad_;
};

TEST_F(HostileQueueTest, NothingIsLostOrTwiceAndOthersGetTheirs) {
  const std::vector<std::string> odd = {"a@many.test", "b@loop.test",
                                        "c@late.test"};
  const auto odd_id = put("ann@example.test", odd);
  std::vector<std::string> ids;
  for (std::uint64_t i = 0; i < kSeeds; ++i) {
    ids.push_back(put("ann@example.test",
                      {"x@" + domain(i), "y@" + domain(i), "bob@example.test"},
                      20'000));
    if (i < good_.size()) {
      put("ann@example.test", {"eve@g" + std::to_string(i) + ".test"});
    }
  }
  start();
  EXPECT_TRUE(eventually([&] {
    return std::ranges::all_of(
        good_, [](const auto& one) { return one.taken().size() == 1; });
  }));
  EXPECT_TRUE(eventually([&] { return inbox(bob_) == kSeeds; }));
  const auto rests = [&] {
    const auto status = queue().status();
    return status && status->active == 0 && status->arriving == 0 &&
           empty("in");
  };
  for (int i = 0; i < 3 && !eventually(rests); ++i) {
  }
  EXPECT_TRUE(rests());
  int told = check(odd_id, odd, many_.taken());
  EXPECT_EQ(told, 1) << "of the loop";
  EXPECT_EQ(many_.taken()["a@many.test"], 1) << stored(odd_id).all[0].last;
  ASSERT_EQ(stored(odd_id).all.size(), 1u);
  EXPECT_EQ(stored(odd_id).all[0].address, "c@late.test");
  for (std::uint64_t i = 0; i < kSeeds; ++i) {
    told += check(ids[i], {"x@" + domain(i), "y@" + domain(i)},
                  bad_[i]->taken());
  }
  EXPECT_EQ(inbox(ann_), told);
}

}  // namespace
}  // namespace mail::deliver
