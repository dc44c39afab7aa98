#include "mime/address.h"

#include <gtest/gtest.h>

namespace mail::mime {
namespace {

TEST(AddressTest, ReadsMailboxes) {
  const struct {
    std::string_view text;
    std::string_view local;
    std::string_view domain;
  } kCases[] = {
      {"ann@Example.ORG", "ann", "example.org"},
      {"Ann.B+c=d@x", "Ann.B+c=d", "x"},
      {"!#$%&'*+-/=?^_`{|}~@x", "!#$%&'*+-/=?^_`{|}~", "x"},
      {"\"john doe\"@x", "john doe", "x"},
      {"\"a@b\"@x", "a@b", "x"},
      {R"("a\"\\b"@x)", R"(a"\b)", "x"},
      {"\"plain\"@x", "plain", "x"},
      {"a@[192.0.2.1]", "a", "[192.0.2.1]"},
      {"a@[IPv6:2001:DB8:0::1]", "a", "[IPv6:2001:db8::1]"},
      {"a@[ipv6:::1]", "a", "[IPv6:::1]"},
      {"\xC3\xBC@b\xC3\xBC"
       "cher.example",
       "\xC3\xBC", "xn--bcher-kva.example"},
  };
  for (const auto& [text, local, domain] : kCases) {
    const auto address = Address::parse(text);
    ASSERT_TRUE(address) << text << ": " << address.error().why;
    EXPECT_EQ(address->local, local);
    EXPECT_EQ(address->domain, domain);
  }
}

TEST(AddressTest, RefusesWhatIsNone) {
  const std::string_view kCases[] = {
      "",          "a",         "@x",
      "a@",        "a@x@y",     ".a@x",
      "a.@x",      "a..b@x",    "a b@x",
      "a@x y",     " a@x",      "a@x ",
      "a@x.",      "a@.x",      "a@x..y",
      "a@-x",      "a@x_y",     "\"a@x",
      "\"\"@x",    "\"a\"b@x",  "\"a\nb\"@x",
      "a@[1.2.3]", "a@[]",      "a@[1.2.3.4",
      "a@[x:1]",   "a@[IPv6:]", "a@[IPv6:1.2.3.4]",
      "a\xFF@x",   "a@x\xFF",   "<a@x>",
      "\"a\\",     "a(b)@x",    "a,b@x",
      "a\r\n@x"};
  for (const auto text : kCases) EXPECT_FALSE(Address::parse(text)) << text;
  EXPECT_FALSE(Address::parse(std::string_view("a@[1.2.3.4\0]", 12)));
  EXPECT_FALSE(Address::parse(std::string_view("a\0@x", 4)));
}

TEST(AddressTest, HoldsTheLimits) {
  // RFC 5321 4.5.3.1: at least 64 and 255 octets.
  const std::string domain = std::string(63, 'a') + '.' + std::string(63, 'b') +
                             '.' + std::string(63, 'c') + '.' +
                             std::string(61, 'd');
  EXPECT_TRUE(Address::parse(std::string(64, 'x') + "@" + domain));
  EXPECT_TRUE(Address::parse(std::string(kMaxLocal, 'x') + "@" + domain));
  EXPECT_FALSE(Address::parse(std::string(kMaxLocal + 1, 'x') + "@y"));
  EXPECT_FALSE(Address::parse("x@" + domain + "d"));
}

TEST(AddressTest, IgnoresSourceRoutesInPaths) {
  EXPECT_EQ(Address::parse_path("@a.example,@b:c@d")->str(), "c@d");
  EXPECT_EQ(Address::parse_path("c@d")->str(), "c@d");
  EXPECT_FALSE(Address::parse_path("@a.example"));
  EXPECT_FALSE(Address::parse_path("@a,b:c@d"));
  EXPECT_FALSE(Address::parse_path("@:c@d"));
  EXPECT_FALSE(Address::parse("@a:c@d"));
}

TEST(AddressTest, WritesWhatItReads) {
  const std::string_view kCases[] = {"ann@example.org", "\"john doe\"@x",
                                     R"("a\"\\b"@x)",   "\"a.\"@x",
                                     "\xC3\xBC@x",      "a@[192.0.2.1]"};
  for (const auto text : kCases) {
    EXPECT_EQ(Address::parse(text)->str(), text);
  }
}

TEST(AddressTest, FindsTheEndOfAPath) {
  EXPECT_EQ(path_length("<a@b> SIZE=1"), 5u);
  EXPECT_EQ(path_length("<>"), 2u);
  EXPECT_EQ(path_length("<\"a>\\\">\"@b>x"), 11u);
  EXPECT_EQ(path_length("<a@b"), 0u);
  EXPECT_EQ(path_length("<\"a@b>"), 0u);
  EXPECT_EQ(path_length("a@b"), 0u);
}

}  // namespace
}  // namespace mail::mime
