// The real resolver and a DNS server that lies, loops and rambles.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/clock.h"
#include "dns/unbound_resolver.h"
#include "relay/hosts.h"
#include "tests/support/hostile_dns.h"

namespace mail::dns {
namespace {

using namespace std::chrono_literals;

class HostileDnsTest : public ::testing::Test {
 protected:
  HostileDns server_;
  UnboundResolver resolver_{{server_.address()}, 4s,
                            UnboundResolver::Validation::None};
};

TEST_F(HostileDnsTest, AnHonestAnswerIsHeard) {
  const auto answer = resolver_.a("host.example.org");
  ASSERT_TRUE(answer.found()) << answer.why;
  EXPECT_EQ(answer.records.at(0), "192.0.2.1");
}

TEST_F(HostileDnsTest, OfAThousandHostsAFewAreTried) {
  const auto answer = resolver_.mx("many.example.org");
  ASSERT_TRUE(answer.found()) << answer.why;
  EXPECT_EQ(answer.records.size(), 100u);
  const auto found = relay::find_destination(resolver_, "many.example.org",
                                             "mx.us.example");
  ASSERT_EQ(found.outcome, relay::Destination::Outcome::Hosts);
  EXPECT_LE(found.hosts.size(), relay::kMaxExchanges);
}

TEST_F(HostileDnsTest, AliasesInCirclesAreGivenUp) {
  const Micros begun = steady_time();
  EXPECT_FALSE(resolver_.mx("loop-a.example.org").found());
  EXPECT_FALSE(resolver_.a("loop-b.example.org").found());
  EXPECT_TRUE(resolver_.mx("chain-1.example.org").later());
  EXPECT_LT(steady_time() - begun, 13 * kSecond);
  EXPECT_LT(server_.asked(), 300);
}

TEST_F(HostileDnsTest, AnswersForOtherNamesAreNotBelieved) {
  EXPECT_FALSE(resolver_.a("lies.example.org").found());
  EXPECT_FALSE(resolver_.mx("lies.example.org").found());
  const auto poisoned = resolver_.mx("poison.example.org");
  ASSERT_TRUE(poisoned.found()) << poisoned.why;
  const auto bank = resolver_.a("bank.example.org");
  ASSERT_TRUE(bank.found()) << bank.why;
  EXPECT_EQ(bank.records, std::vector<std::string>{"192.0.2.1"});
  EXPECT_TRUE(resolver_.mx("bank.example.org").none());
}

TEST_F(HostileDnsTest, WhatIsNoAnswerIsTriedLaterAndInTime) {
  for (const std::string name : {"twisted", "short", "noise", "other-id"}) {
    const Micros begun = steady_time();
    EXPECT_FALSE(resolver_.mx(name + ".example.org").found()) << name;
    EXPECT_LT(steady_time() - begun, 5 * kSecond) << name;
  }
  EXPECT_TRUE(resolver_.a("host.example.org").found()) << "others are served";
}

// Who forwards to one server has all names behind it: one that has no answer
// for many of them still has one for others.
TEST_F(HostileDnsTest, SilenceAboutSomeNamesKeepsNobodyFromOthers) {
  std::atomic<bool> stop = false;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 24; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; !stop; ++n) {
        EXPECT_FALSE(resolver_.mx("silent-" + std::to_string(i) + "-" +
                                  std::to_string(n) + ".example.org")
                         .found());
      }
    });
  }
  const Micros begun = steady_time();
  for (int n = 0; steady_time() < begun + 7 * kSecond; ++n) {
    const Micros asked = steady_time();
    const auto answer =
        resolver_.a("host-" + std::to_string(n) + ".example.org");
    EXPECT_TRUE(answer.found()) << answer.why << " after "
                                << (asked - begun) / kSecond << " s";
    EXPECT_LT(steady_time() - asked, 2 * kSecond);
    std::this_thread::sleep_for(300ms);
  }
  stop = true;
}

}  // namespace
}  // namespace mail::dns
