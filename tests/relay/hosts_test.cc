#include "relay/hosts.h"

#include <gtest/gtest.h>

#include <set>

#include "relay/channel.h"
#include "tests/support/fake_resolver.h"

namespace mail::relay {
namespace {

constexpr std::string_view kUs = "mail.example.net";
using Outcome = Destination::Outcome;

Destination find(std::string_view records, std::string_view domain) {
  FakeResolver resolver(records);
  return find_destination(resolver, domain, kUs);
}

std::vector<std::string> names(const std::vector<Exchange>& hosts) {
  std::vector<std::string> all;
  for (const auto& host : hosts) all.push_back(host.host);
  return all;
}

TEST(HostsTest, AreTheMxByPreference) {
  const auto found = find("a.test MX 20 two.test\na.test MX 10 one.test\n",
                          "A.test");
  EXPECT_EQ(found.outcome, Outcome::Hosts);
  EXPECT_EQ(names(found.hosts),
            (std::vector<std::string>{"one.test", "two.test"}));
  EXPECT_FALSE(found.secure);
}

TEST(HostsTest, WithoutMxTheDomainIsItsOwnHost) {
  EXPECT_EQ(names(find("a.test A 192.0.2.1\n", "a.test").hosts),
            std::vector<std::string>{"a.test"});
  EXPECT_EQ(names(find("a.test AAAA 2001:db8::1\n", "a.test").hosts),
            std::vector<std::string>{"a.test"});
}

TEST(HostsTest, NullMxTakesNoMail) {
  const auto found = find("a.test MX 0 .\na.test A 192.0.2.1\n", "a.test");
  EXPECT_EQ(found.outcome, Outcome::NoMail);
  EXPECT_EQ(found.enhanced, "5.1.10");
}

TEST(HostsTest, ANullMxBesideOthersIsNone) {
  const auto found = find("a.test MX 0 .\na.test MX 5 b.test\n", "a.test");
  EXPECT_EQ(names(found.hosts), std::vector<std::string>{"b.test"});
}

TEST(HostsTest, NothingThereIsNoDomain) {
  EXPECT_EQ(find("b.test A 192.0.2.1\n", "a.test").outcome, Outcome::NoDomain);
  EXPECT_EQ(find("a.test TXT x\n", "a.test").outcome, Outcome::NoDomain);
  EXPECT_EQ(find("", "not a name").outcome, Outcome::NoDomain);
  EXPECT_EQ(find("", "").outcome, Outcome::NoDomain);
}

TEST(HostsTest, TroubleInTheDnsIsLater) {
  EXPECT_EQ(find("a.test TRYLATER\n", "a.test").outcome, Outcome::TryLater);
  EXPECT_EQ(find("a.test CNAME b.test\nb.test CNAME a.test\n", "a.test").outcome,
            Outcome::TryLater);
}

TEST(HostsTest, OurselvesAndWhatIsNoBetterIsCut) {
  const std::string records =
      "a.test MX 5 first.test\na.test MX 10 MAIL.example.net\n"
      "a.test MX 10 peer.test\na.test MX 20 last.test\n";
  EXPECT_EQ(names(find(records, "a.test").hosts),
            std::vector<std::string>{"first.test"});
  const auto only = find("a.test MX 10 mail.example.net\n", "a.test");
  EXPECT_EQ(only.outcome, Outcome::NoMail);
  EXPECT_EQ(only.enhanced, "5.4.6");
}

TEST(HostsTest, OfAThousandHostsAFewAreKept) {
  std::string records;
  for (int i = 0; i < 1000; ++i) {
    records += "a.test MX 10 h" + std::to_string(i) + ".test\n";
  }
  EXPECT_EQ(find(records, "a.test").hosts.size(), kMaxExchanges);
}

TEST(HostsTest, TheSiteIsTheSetOfHosts) {
  const auto key = site_key({{10, "b.test"}, {20, "a.test"}});
  EXPECT_EQ(key, site_key({{5, "A.test"}, {5, "b.test"}}));
  EXPECT_NE(key, site_key({{10, "a.test"}, {10, "c.test"}}));
  EXPECT_TRUE(key.starts_with("a.test+1-")) << key;
  EXPECT_EQ(site_key({{7, "a.test"}}), "a.test");
}

TEST(HostsTest, OneOfAPreferenceComesFirstAtRandom) {
  std::set<std::string> firsts;
  for (int i = 0; i < 200; ++i) {
    const auto order = in_order({{20, "z"}, {10, "a"}, {10, "b"}, {10, "c"}});
    ASSERT_EQ(order.size(), 4u);
    EXPECT_EQ(order[3], "z");
    firsts.insert(order[0]);
  }
  EXPECT_EQ(firsts, (std::set<std::string>{"a", "b", "c"}));
}

TEST(HostsTest, AddressesComeInTurnAndBounded) {
  FakeResolver resolver(
      "h.test A 192.0.2.1\nh.test A 192.0.2.2\nh.test AAAA 2001:db8::1\n"
      "h.test A 0.0.0.0\nbad.test A 224.0.0.1\nlate.test TRYLATER\n");
  EXPECT_EQ(find_addresses(resolver, "h.test").all,
            (std::vector<std::string>{"2001:db8::1", "192.0.2.1",
                                      "192.0.2.2"}));
  EXPECT_TRUE(find_addresses(resolver, "bad.test").all.empty());
  EXPECT_TRUE(find_addresses(resolver, "late.test").later);
  EXPECT_FALSE(find_addresses(resolver, "none.test").later);
}

TEST(HostsTest, SomeAddressesAreNobodys) {
  for (const char* bad : {"0.0.0.0", "0.1.2.3", "255.255.255.255", "::",
                          "ff02::1", "::ffff:224.0.0.1", "x", ""}) {
    EXPECT_FALSE(is_host_address(bad)) << bad;
  }
  for (const char* good : {"192.0.2.1", "::1", "127.0.0.1", "2001:db8::1"}) {
    EXPECT_TRUE(is_host_address(good)) << good;
  }
  for (const char* own : {"127.0.0.1", "127.9.9.9", "::1",
                          "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(is_loopback(own)) << own;
  }
  EXPECT_FALSE(is_loopback("128.0.0.1"));
}

}  // namespace
}  // namespace mail::relay
