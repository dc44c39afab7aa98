#include "dns/local_records.h"

#include "base/file.h"
#include "dns/make_resolver.h"
#include "tests/support/fake_resolver.h"
#include "tests/support/temp_dir.h"

namespace mail::dns {
namespace {

constexpr std::string_view kRecords =
    "; comment\n"
    "example.test.   300 IN MX 20 b.example.test\n"
    "example.test    MX 10 A.example.test.   ; the better one\n"
    "a.example.test  A 192.0.2.1\n"
    "a.example.test  AAAA 2001:DB8::1\n"
    "1.2.0.192.in-addr.arpa PTR a.example.test\n"
    "example.test    TXT \"v=spf1 ; \" \"-all\"\n"
    "www.example.test CNAME a.example.test\n"
    "loop.test CNAME loop.test\n"
    "broken.test TRYLATER\n"
    "nomail.test MX 0 .\n"
    "secure signed.test A 192.0.2.9\n"
    "_25._tcp.signed.test TLSA 3 1 1 00ff\n";

TEST(LocalRecordsTest, SortsMailExchangersByPreference) {
  FakeResolver resolver(kRecords);
  const auto mx = resolver.mx("EXAMPLE.test.");
  ASSERT_TRUE(mx.found());
  ASSERT_EQ(mx.records.size(), 2u);
  EXPECT_EQ(mx.records[0].host, "a.example.test");
  EXPECT_EQ(mx.records[1].preference, 20);
}

TEST(LocalRecordsTest, ReadsEveryType) {
  FakeResolver resolver(kRecords);
  EXPECT_EQ(resolver.a("a.example.test").records.at(0), "192.0.2.1");
  EXPECT_EQ(resolver.aaaa("a.example.test").records.at(0), "2001:db8::1");
  EXPECT_EQ(resolver.ptr("192.0.2.1").records.at(0), "a.example.test");
  EXPECT_EQ(resolver.txt("example.test").records.at(0), "v=spf1 ; -all");
  EXPECT_EQ(resolver.mx("nomail.test").records.at(0).host, "");
  const auto tlsa = resolver.tlsa("_25._tcp.signed.test");
  ASSERT_TRUE(tlsa.found());
  EXPECT_EQ(tlsa.records[0].data, std::string("\0\xff", 2));
}

TEST(LocalRecordsTest, TellsNoneFromNoSuchNameFromTryLater) {
  FakeResolver resolver(kRecords);
  EXPECT_TRUE(resolver.a("example.test").none());
  EXPECT_FALSE(resolver.a("example.test").no_such_name);
  EXPECT_TRUE(resolver.a("absent.test").no_such_name);
  EXPECT_TRUE(resolver.a("broken.test").later());
  EXPECT_TRUE(resolver.a("not a name").none());
}

TEST(LocalRecordsTest, FollowsAliasesButNotForEver) {
  FakeResolver resolver(kRecords);
  EXPECT_EQ(resolver.a("www.example.test").records.at(0), "192.0.2.1");
  EXPECT_TRUE(resolver.a("loop.test").later());
}

TEST(LocalRecordsTest, CallsOnlyMarkedNamesSecure) {
  FakeResolver resolver(kRecords);
  EXPECT_TRUE(resolver.a("signed.test").secure);
  EXPECT_FALSE(resolver.a("a.example.test").secure);
}

TEST(LocalRecordsTest, NamesEveryBadLine) {
  const auto records = LocalRecords::parse(
      "a.test A 192.0.2.1\na.test A 1.2.3\nb.test\nc.test TXT \"open\n");
  ASSERT_FALSE(records);
  EXPECT_EQ(records.error().why,
            "line 2 is not a record\nline 3 is not a record\n"
            "line 4 is not a record");
}

TEST(LocalRecordsTest, NamesTwentyLinesOfAFileThatIsSomethingElse) {
  std::string text;
  for (int n = 0; n < 100'000; ++n) text += "rubbish\n";
  const auto records = LocalRecords::parse(text);
  ASSERT_FALSE(records);
  EXPECT_TRUE(records.error().why.ends_with(
      "line 20 is not a record\n99980 more are not"));
}

TEST(LocalRecordsTest, AsksTheNextResolverForOtherNamesOnly) {
  auto records = LocalRecords::parse(
      "a.test A 192.0.2.1\n",
      std::make_unique<FakeResolver>("a.test MX 1 x.test\nb.test A 192.0.2.2"));
  ASSERT_TRUE(records);
  EXPECT_TRUE((*records)->mx("a.test").none());
  EXPECT_EQ((*records)->a("b.test").records.at(0), "192.0.2.2");
}

TEST(ReverseNameTest, WritesBothFamilies) {
  EXPECT_EQ(reverse_name("192.0.2.1"), "1.2.0.192.in-addr.arpa");
  EXPECT_EQ(reverse_name("2001:db8::1"),
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
            "ip6.arpa");
  EXPECT_EQ(reverse_name("nonsense"), "");
}

TEST(MakeResolverTest, NamesTheFileOfRecordsThatDoesNotDo) {
  const TempDir folder;
  const std::string path = folder.path() + "/records";
  EXPECT_EQ(read_records(path).error().why, path + ": no such file");
  replace_file(path, "nonsense\na.test A 192.0.2.1\nb.test FOO\n", 0600);
  EXPECT_EQ(read_records(path).error().why,
            path + ": line 1 is not a record\n" + path +
                ": line 3 is not a record");
  replace_file(path, "a.test A 192.0.2.1\n", 0600);
  const auto resolver = make_resolver(
      {.records = read_records(path).value(), .local_only = true});
  EXPECT_TRUE(resolver->a("a.test").found());
  EXPECT_TRUE(resolver->a("b.test").none());
  EXPECT_EQ(read_records("").value(), "");
}

}  // namespace
}  // namespace mail::dns
