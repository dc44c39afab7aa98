// The real resolver and a DNS server that lies, loops and rambles.

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace mail::dns
