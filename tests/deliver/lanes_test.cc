#include "deliver/lanes.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "spool/spool.h"

namespace mail::deliver {
namespace {

class LanesTest : public ::testing::Test {
 protected:
  LanesTest() {
    for (int i = 0; i < 2; ++i) {
      int pair[2];
      EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
      ours_.emplace_back(pair[0]);
      theirs_.emplace_back(pair[1]);
    }
    lanes_ = std::make_unique<Lanes>(ours_, 0);
  }

  Message& message(std::uint64_t account, std::string detail = "") {
    auto& m = *messages_.emplace_back(std::make_unique<Message>());
    m.id = spool::make_id(wall_time());
    m.size = 1000;
    m.parcels = 1;
    Target target;
    target.row.address = "ann@example.test";
    target.row.detail = detail;
    target.row.account = account;
    m.targets.push_back(target);
    return m;
  }
  Message& add(std::uint64_t account) {
    Message& m = message(account);
    lanes_->add({&m, account, {0}});
    return m;
  }
  static directory::Account head(std::uint64_t id) {
    directory::Account account;
    account.id = id;
    account.quota_bytes = 9;
    return account;
  }
  Batch sent(std::size_t lane) {
    std::string packet(kMaxBatchPacket, '\0');
    const auto n = ::recv(theirs_[lane].number(), packet.data(),
                          packet.size(), MSG_DONTWAIT);
    EXPECT_GT(n, 0);
    packet.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    return parse_batch(packet).value();
  }
  // The worker died, and the next one has started.
  std::vector<Job> bury(std::size_t lane) {
    auto jobs = lanes_->died(lane);
    EXPECT_FALSE(lanes_->next(lane)) << "nobody is there";
    answer(lane, {});
    EXPECT_FALSE(lanes_->receive(lane));
    return jobs;
  }
  void answer(std::size_t lane, const BatchResult& result) {
    const std::string packet = to_packet(result);
    ::send(theirs_[lane].number(), packet.data(), packet.size(), 0);
  }

  std::vector<Fd> ours_;
  std::vector<Fd> theirs_;
  std::vector<std::unique_ptr<Message>> messages_;
  std::unique_ptr<Lanes> lanes_;
};

TEST_F(LanesTest, SendsAllThatWaitsForAnAccountInOneBatch) {
  const auto& a = add(4);
  const auto& b = add(4);
  EXPECT_EQ(lanes_->next(0), 4u);
  EXPECT_FALSE(lanes_->next(1));
  lanes_->start(0, head(4));
  const Batch batch = sent(0);
  EXPECT_EQ(batch.account, 4u);
  EXPECT_EQ(batch.quota, 9);
  ASSERT_EQ(batch.parcels.size(), 2u);
  EXPECT_EQ(batch.parcels[0].id, a.id);
  EXPECT_EQ(batch.parcels[1].id, b.id);
  EXPECT_FALSE(lanes_->next(0)) << "the worker is busy";
  answer(0, {batch.number, false, {{Outcome::Delivered, ""},
                                   {Outcome::Trouble, "why"}}});
  const auto got = lanes_->receive(0);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->results[1].text, "why");
  EXPECT_EQ(got->jobs[1].message, &b);
}

TEST_F(LanesTest, AnAccountAlwaysHasTheSameWorkerAndTakesTurns) {
  add(2);
  add(5);
  add(4);
  EXPECT_EQ(lanes_->next(0), 2u);
  EXPECT_EQ(lanes_->next(1), 5u);
  lanes_->start(0, head(2));
  add(2);
  bury(0);
  EXPECT_EQ(lanes_->next(0), 4u);
}

TEST_F(LanesTest, AnAccountThatHadABatchJustNowGathersWhatComes) {
  constexpr Micros kRest = 50 * kMillisecond;
  lanes_ = std::make_unique<Lanes>(ours_, kRest);
  EXPECT_FALSE(lanes_->due());
  add(4);
  const Micros before = steady_time();
  lanes_->start(0, head(4));
  answer(0, {sent(0).number, false, {{Outcome::Delivered, ""}}});
  ASSERT_TRUE(lanes_->receive(0));
  EXPECT_FALSE(lanes_->due()) << "nothing waits";
  add(4);
  add(4);
  EXPECT_FALSE(lanes_->next(0));
  const auto due = lanes_->due();
  ASSERT_TRUE(due);
  EXPECT_GE(*due, before + kRest);
  add(6);
  EXPECT_EQ(lanes_->next(0), 6u) << "others do not wait";
  lanes_->start(0, head(6));
  EXPECT_FALSE(lanes_->due()) << "the worker's answer comes first";
  answer(0, {sent(0).number, false, {{Outcome::Delivered, ""}}});
  ASSERT_TRUE(lanes_->receive(0));
  while (!lanes_->next(0)) ASSERT_LT(steady_time(), *due + kSecond);
  EXPECT_GE(steady_time(), *due);
  lanes_->start(0, head(4));
  EXPECT_EQ(sent(0).parcels.size(), 2u);
}

TEST_F(LanesTest, WhatFollowsAFullBatchDoesNotWait) {
  lanes_ = std::make_unique<Lanes>(ours_, kHour);
  for (std::size_t i = 0; i < kMaxParcels + 1; ++i) add(4);
  lanes_->start(0, head(4));
  answer(0, {sent(0).number, false, {}});
  ASSERT_TRUE(lanes_->receive(0));
  EXPECT_EQ(lanes_->next(0), 4u);
}

TEST_F(LanesTest, IgnoresAnswersToOlderBatches) {
  add(4);
  lanes_->start(0, head(4));
  const Batch old = sent(0);
  for (auto& job : bury(0)) lanes_->add(std::move(job));
  lanes_->start(0, head(4));
  answer(0, {old.number, false, {{Outcome::Delivered, ""}}});
  EXPECT_FALSE(lanes_->receive(0));
  answer(0, {sent(0).number, false, {{Outcome::Delivered, ""}}});
  EXPECT_TRUE(lanes_->receive(0));
}

TEST_F(LanesTest, WhatAWorkerDiedOfIsRepeatedOneByOne) {
  add(4);
  add(4);
  lanes_->start(0, head(4));
  sent(0);
  add(4);
  for (auto& job : bury(0)) {
    job.message->alone = true;
    lanes_->add(std::move(job));
  }
  for (int i = 0; i < 3; ++i) {
    lanes_->start(0, head(4));
    const Batch batch = sent(0);
    EXPECT_EQ(batch.parcels.size(), 1u);
    answer(0, {batch.number, false, {{Outcome::Delivered, ""}}});
    EXPECT_TRUE(lanes_->receive(0));
  }
  EXPECT_FALSE(lanes_->next(0));
}

TEST_F(LanesTest, BoundsABatch) {
  for (std::size_t i = 0; i < kMaxParcels + 5; ++i) add(4);
  lanes_->start(0, head(4));
  EXPECT_EQ(sent(0).parcels.size(), kMaxParcels);
  EXPECT_EQ(lanes_->waiting(), 5u);
}

TEST_F(LanesTest, ManySubaddressesFitInOnePacket) {
  for (std::size_t i = 0; i < 20; ++i) {
    Message& m = message(4);
    for (int k = 0; k < 200; ++k) {
      Target target = m.targets.front();
      target.row.detail = std::to_string(k) + std::string(240, '%');
      m.targets.push_back(target);
    }
    Job job{&m, 4, {}};
    for (std::size_t k = 0; k < m.targets.size(); ++k) {
      job.targets.push_back(k);
    }
    lanes_->add(std::move(job));
  }
  lanes_->start(0, head(4));
  const Batch batch = sent(0);
  ASSERT_FALSE(batch.parcels.empty());
  EXPECT_LE(batch.parcels[0].details.size(), kMaxDetails);
}

TEST_F(LanesTest, TakesBackWhatIsNotSent) {
  Message& m = add(4);
  lanes_->add({&m, 5, {0}});
  EXPECT_EQ(lanes_->withdraw({&m}).size(), 2u);
  EXPECT_EQ(lanes_->waiting(), 0u);
  lanes_->start(0, head(4));
  EXPECT_TRUE(sent(0).parcels.empty()) << "only a probe";
}

TEST_F(LanesTest, GivesBackWhatWaitsForAnAccountThatIsGone) {
  const Message& m = add(4);
  const auto jobs = lanes_->drop_next(0);
  ASSERT_EQ(jobs.size(), 1u);
  EXPECT_EQ(jobs[0].message, &m);
  EXPECT_FALSE(lanes_->next(0));
}

TEST(BatchTest, SurvivesItsPacket) {
  const Batch batch{7, 8, 9, true,
                    {{spool::make_id(1), spool::Shelf::Deferred,
                      "a\tb@example.test", {"", "li%sts"}}}};
  const auto parsed = parse_batch(to_packet(batch));
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->subaddress_mailboxes);
  EXPECT_EQ(parsed->parcels[0].address, "a\tb@example.test");
  EXPECT_EQ(parsed->parcels[0].details[1], "li%sts");
  EXPECT_EQ(parsed->parcels[0].shelf, spool::Shelf::Deferred);
  EXPECT_FALSE(parse_batch("7\t8\n"));
  EXPECT_FALSE(parse_batch("7\t8\t9\t0\n../x\tin\ta\t\n"));
  EXPECT_FALSE(parse_result("7\t0\nunheard-of\t\n"));
}

}  // namespace
}  // namespace mail::deliver
