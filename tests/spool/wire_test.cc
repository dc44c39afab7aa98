#include "spool/wire.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "spool/announcer.h"
#include "spool/hub.h"
#include "spool/spool.h"
#include "tests/support/temp_dir.h"

namespace mail::spool {
namespace {

TEST(WireTest, ManyIdsGoInOnePacket) {
  const std::vector<std::string> ids = {make_id(1), make_id(2)};
  EXPECT_EQ(parse_accepted(accepted_packet(ids)).value(), ids);
}

TEST(WireTest, RefusesPacketsItDoesNotKnow) {
  for (const std::string packet :
       {"", "accepted", "accepted\nx\n", "other\n", "accepted\n\n"}) {
    EXPECT_FALSE(parse_accepted(packet)) << packet;
  }
  Closures closures;
  for (const std::string packet :
       {"", "full\n17", "full\nx\n", "forget\n1\n", "other\n1\n",
        "suspended\n\n"}) {
    EXPECT_FALSE(closures.apply(packet)) << packet;
  }
  EXPECT_TRUE(closures.full.empty());
}

TEST(WireTest, AnyStateComesAcrossInPackets) {
  Closures here;
  for (std::uint64_t i = 1; i < 20'000; ++i) here.full.insert(i);
  here.suspended = {"a.example", "b.example"};
  Closures there;
  there.full = {999'999};
  for (const auto& packet : closure_packets(here)) {
    EXPECT_LE(packet.size(), kMaxPacket);
    ASSERT_TRUE(there.apply(packet));
  }
  EXPECT_EQ(there.full, here.full);
  EXPECT_EQ(there.suspended, here.suspended);
}

struct HubTest : testing::Test {
  // Waits until something is there to take.
  Hub::News take() {
    pollfd ready{hub->wait_on(), POLLIN, 0};
    EXPECT_EQ(::poll(&ready, 1, 5000), 1);
    return hub->take();
  }
  // A scheduler that says so of every account.
  std::jthread answers(std::int64_t octets) const {
    return std::jthread([this, octets](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        pollfd ready{hub->wait_on(), POLLIN, 0};
        if (::poll(&ready, 1, 20) != 1) continue;
        for (const auto account : hub->take().looks) {
          hub->tell_room(account, octets);
        }
      }
    });
  }
  TempDir dir;
  std::string path = dir.path() + "/scheduler";
  std::unique_ptr<Hub> hub =
      std::make_unique<Hub>(path, std::vector<uid_t>{});
  Announcer announcer{path};
};

TEST_F(HubTest, TakesIdsAndSaysWhenAWorkerCame) {
  const std::string id = make_id(1);
  announcer.announce(id);
  auto news = take();
  EXPECT_TRUE(news.connected);
  if (news.ids.empty()) news = take();
  EXPECT_EQ(news.ids, std::vector{id});
}

TEST(WireTest, AsksAndTellsHowMuchIsLeft) {
  EXPECT_EQ(parse_look(look_packet(17)), 17u);
  for (const std::string packet :
       {"look", "look\n", "look\n\n", "look\nx\n", "look\n17",
        "look\n17\n18\n", "accepted\n17\n"}) {
    EXPECT_FALSE(parse_look(packet)) << packet;
  }
  Closures closures;
  EXPECT_TRUE(closures.apply("left\n17 4096\n18 0\n"));
  EXPECT_EQ(closures.left.at(17), 4096);
  EXPECT_EQ(closures.left.at(18), 0);
  for (const std::string packet :
       {"left\n\n", "left\n17\n", "left\n17 \n", "left\n17 x\n",
        "left\n 5\n", "left\n17 18446744073709551615\n"}) {
    EXPECT_FALSE(closures.apply(packet)) << packet;
  }
  EXPECT_FALSE(closures.apply("left\n17 5\n18\n"));
  EXPECT_EQ(closures.left.at(17), 4096) << "nothing of it counts";
}

TEST_F(HubTest, AnswersHowMuchRoomIsLeft) {
  std::jthread scheduler([&](const std::stop_token& stop) {
    int asked = 0;
    while (!stop.stop_requested()) {
      pollfd ready{hub->wait_on(), POLLIN, 0};
      if (::poll(&ready, 1, 20) != 1) continue;
      for (const auto account : hub->take().looks) {
        if (account != 9) hub->tell_room(account, 1000 * ++asked);
      }
    }
  });
  EXPECT_EQ(announcer.room(7), 1000);
  EXPECT_EQ(announcer.room(7), 1000) << "it is known for a while";
  EXPECT_EQ(announcer.room(8), 2000);
  const Micros start = steady_time();
  EXPECT_EQ(announcer.room(9), std::nullopt);
  EXPECT_EQ(announcer.room(9), std::nullopt);
  EXPECT_LT(steady_time() - start, kSecond) << "waited for once";
  for (std::uint64_t account = 10; account < 60; ++account) {
    EXPECT_EQ(announcer.room(account), std::nullopt);
  }
  EXPECT_LT(steady_time() - start, kSecond) << "nor asked for others";
  EXPECT_EQ(announcer.room(7), 1000);
}

TEST_F(HubTest, WhatWasSaidLongAgoIsNotBelieved) {
  Announcer idle(path, kMillisecond);
  {
    const auto scheduler = answers(5000);
    EXPECT_EQ(idle.room(7), 5000);
  }
  hub->tell_room(7, 0);  // of another's delivery; nobody listens
  const Micros then = steady_time();
  while (steady_time() - then <= kMillisecond) std::this_thread::yield();
  const auto scheduler = answers(6000);
  EXPECT_EQ(idle.room(7), 6000);
}

TEST_F(HubTest, ManyAskAtOnce) {
  std::jthread scheduler([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd ready{hub->wait_on(), POLLIN, 0};
      if (::poll(&ready, 1, 20) != 1) continue;
      for (const auto account : hub->take().looks) {
        hub->tell_room(account, static_cast<std::int64_t>(account));
      }
    }
  });
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> sessions;
    for (int i = 0; i < 8; ++i) {
      sessions.emplace_back([&] {
        for (std::uint64_t account = 1; account < 50; ++account) {
          const auto room = announcer.room(account);
          if (room != static_cast<std::int64_t>(account)) ++wrong;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
}

TEST_F(HubTest, WhoIsHeldBackKeepsNobodyFromLooking) {
  const Micros start = steady_time();
  std::atomic<bool> full = false;
  std::jthread session([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const Micros begun = steady_time();
      announcer.announce(make_id(1));
      if (steady_time() - begun > kSecond / 2) full = true;
    }
  });
  Micros slowest = 0;
  while (!full && steady_time() - start < 20 * kSecond) {
    const Micros begun = steady_time();
    EXPECT_FALSE(announcer.is_suspended("example.test"));
    slowest = std::max(slowest, steady_time() - begun);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(full) << "nobody took what was announced";
  EXPECT_LT(slowest, kSecond / 2);
}

TEST_F(HubTest, TellsWhatIsFullAndWhatIsNotAnyMore) {
  hub->close_account(7);
  EXPECT_FALSE(announcer.is_full(7)) << "not heard yet";
  take();
  EXPECT_TRUE(announcer.is_full(7));
  hub->suspend("a.example");
  EXPECT_TRUE(announcer.is_suspended("a.example"));
  hub->open_account(7);
  hub->resume("a.example");
  EXPECT_FALSE(announcer.is_full(7));
  EXPECT_FALSE(announcer.is_suspended("a.example"));
}

TEST_F(HubTest, AWorkerThatDoesNotReadIsToldLater) {
  EXPECT_FALSE(announcer.is_full(1));
  take();
  for (std::uint64_t i = 1; i <= 5000; ++i) hub->close_account(i);
  const auto deadline = steady_time() + 5 * kSecond;
  while (!announcer.is_full(5000) && steady_time() < deadline) hub->take();
  EXPECT_TRUE(announcer.is_full(1));
  EXPECT_TRUE(announcer.is_full(5000));
}

TEST_F(HubTest, WithoutASchedulerNothingIsHeldBack) {
  hub.reset();
  const Micros start = steady_time();
  for (int i = 0; i < 100; ++i) announcer.announce(make_id(1));
  EXPECT_LT(steady_time() - start, kSecond);
  EXPECT_FALSE(announcer.is_full(1));
  EXPECT_EQ(announcer.room(1), std::nullopt);
  EXPECT_LT(steady_time() - start, kSecond);
}

TEST_F(HubTest, HearsTheLastWordsOfAWorkerThatDidNotListen) {
  const std::string id = make_id(5);
  {
    Announcer leaving{path};
    EXPECT_FALSE(leaving.is_full(1));  // connects
    EXPECT_TRUE(take().connected);     // the hub says what is full
    leaving.announce(id);
  }
  EXPECT_EQ(take().ids, std::vector{id});
}

TEST_F(HubTest, ManyThreadsAnnounceAtOnce) {
  constexpr int kThreads = 8;
  constexpr int kEach = 200;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kEach; ++j) announcer.announce(make_id(j));
    });
  }
  std::set<std::string> got;
  while (got.size() < kThreads * kEach) {
    for (auto& id : take().ids) got.insert(std::move(id));
  }
  EXPECT_EQ(got.size(), std::size_t{kThreads * kEach});
}

TEST_F(HubTest, DropsAClientThatSpeaksNonsense) {
  EXPECT_FALSE(announcer.is_full(1));
  take();
  EXPECT_EQ(hub->connections(), 1u);
  Announcer* stranger = &announcer;
  stranger->announce("nonsense");
  take();
  EXPECT_EQ(hub->connections(), 0u);
}

}  // namespace
}  // namespace mail::spool
