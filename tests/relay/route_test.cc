#include "relay/route.h"

#include <gtest/gtest.h>

#include "config/load.h"
#include "net/own_addresses.h"

namespace mail::relay {
namespace {

Route decide(const std::string& settings, std::string_view address) {
  const auto parsed =
      config::parse("hostname = \"mx.example.test\"\n" + settings);
  if (!parsed) ADD_FAILURE() << parsed.error().why;
  return Routes(*parsed, {"192.0.2.7", "2001:db8::7"})
      .decide(address, [](std::string_view domain) {
        return domain == "local.example";
      });
}

std::string hops(const std::string& settings, std::string_view address) {
  std::string text;
  for (const auto& hop : decide(settings, address).hops) {
    text += (text.empty() ? "" : "; ") + to_string(hop);
  }
  return text;
}

const std::string kRelay = "relayhost = \"[smart.example]:587 tls=verified "
                           "login=main, fallback.example\"\n";
const std::string kRoutes =
    "routes = [\"there.example [10.0.0.5]:2525\", "
    "\".there.example lmtp:[::1]\", \"plain.example mx tls=required\", "
    "\"local.example [10.0.0.9]\"]\n";

TEST(Routes, WithoutSettingsTheDnsDecides) {
  EXPECT_EQ(hops("", "ann@There.Example"), "mx of there.example");
}

TEST(Routes, WhatIsOursNeverLeaves) {
  const auto route = decide(kRelay + kRoutes, "ann@local.example");
  EXPECT_EQ(route.kind, Route::Kind::Stays);
  EXPECT_TRUE(route.hops.empty());
}

TEST(Routes, TheRelayHostTakesAllThatLeaves) {
  EXPECT_EQ(hops(kRelay, "ann@there.example"),
            "[smart.example]:587 tls=verified login=main; "
            "mx of fallback.example");
}

TEST(Routes, TheNearestRouteCounts) {
  EXPECT_EQ(hops(kRelay + kRoutes, "a@there.example"), "[10.0.0.5]:2525");
  EXPECT_EQ(hops(kRelay + kRoutes, "a@x.y.there.example"), "lmtp:[::1]");
  EXPECT_EQ(hops(kRelay + kRoutes, "a@plain.example"),
            "mx of plain.example tls=required");
  EXPECT_NE(hops(kRelay + kRoutes, "a@elsewhere.example").find("smart"),
            std::string::npos);
}

TEST(Routes, AWayMayHaveItsOwnTimes) {
  const std::string settings =
      "queue_retry = 120\nrelayhost = \"retry=7 mx:26\"\n"
      "routes = [\"there.example  retry=60  [10.0.0.5], [10.0.0.6]\", "
      "\"plain.example mx\"]\n";
  EXPECT_EQ(decide(settings, "a@there.example").retry, 60);
  EXPECT_EQ(hops(settings, "a@there.example"), "[10.0.0.5]; [10.0.0.6]");
  EXPECT_EQ(decide(settings, "a@plain.example").retry, 120);
  EXPECT_EQ(decide(settings, "a@elsewhere.example").retry, 7);
  EXPECT_EQ(decide(settings, "a@[192.0.2.1]").retry, 120);
  EXPECT_NE(decide(settings, "a@there.example").steps.back().find("60 s"),
            std::string::npos);
}

TEST(Routes, AnAddressLiteralIsAHost) {
  EXPECT_EQ(hops(kRelay, "a@[192.0.2.1]"), "[192.0.2.1]");
  // A user has no business with what listens on this machine for itself.
  EXPECT_EQ(hops(kRelay, "a@[127.0.0.1]"), "");
  EXPECT_EQ(hops(kRelay, "a@[IPv6:::1]"), "");
  EXPECT_EQ(hops(kRelay, "a@[IPv6:::ffff:127.0.0.1]"), "");
  EXPECT_EQ(hops(kRelay, "a@[0.0.0.0]"), "");
  EXPECT_EQ(hops("", "a@[IPv6:2001:db8::1]"), "[2001:db8::1]");
  EXPECT_EQ(hops("", "a@[IPv6:2001:DB8:0:0::1]"), "[2001:db8::1]");
}

TEST(Routes, AnAddressOfThisMachineLeadsNowhere) {
  for (const auto* address :
       {"a@[192.0.2.7]", "a@[IPv6:2001:DB8::7]", "a@[IPv6:::ffff:192.0.2.7]"}) {
    const auto route = decide(kRelay, address);
    EXPECT_EQ(route.kind, Route::Kind::None) << address;
    EXPECT_NE(route.steps.back().find("this machine itself"),
              std::string::npos);
  }
  EXPECT_EQ(hops("", "a@[192.0.2.8]"), "[192.0.2.8]");
  EXPECT_TRUE(net::own_addresses().contains("127.0.0.1"));
}

TEST(Routes, WhatIsNoAddressGoesNowhere) {
  const auto route = decide(kRelay, "nobody");
  EXPECT_EQ(route.kind, Route::Kind::None);
  EXPECT_EQ(route.steps.size(), 1u);
}

TEST(Routes, MistakesAreRefusedWithTheSettings) {
  for (const std::string wrong :
       {"relayhost = \"[smart.example\"", "relayhost = \"a b c\"",
        "relayhost = \"[x.example]:0\"", "relayhost = \"x.example,\"",
        "relayhost = \"[x.example] login=main\"",
        "relayhost = \"[x.example] tls=maybe\"",
        "relayhost = \"retry=0 mx\"", "relayhost = \"retry=60\"",
        "relayhost = \"mx retry=60\"", "relayhost = \"retry=1h mx\"",
        "relayhost = \"mx, retry=60 mx\"", "relayhost = \"retry=86401 mx\"",
        "routes = [\"example.org\"]", "routes = [\"ex_ample..org mx\"]"}) {
    EXPECT_FALSE(config::parse("hostname = \"a.example\"\n" + wrong)) << wrong;
  }
}

}  // namespace
}  // namespace mail::relay
