#include "dns/rdata.h"

namespace mail::dns {
namespace {

using namespace std::string_literals;

TEST(RdataTest, ReadsBackWhatItWrote) {
  EXPECT_EQ(read_name(write_name("mx.example.test")), "mx.example.test");
  EXPECT_EQ(read_name(write_name("")), "");
  EXPECT_EQ(read_mx(write_mx({258, "a.test"}))->preference, 258);
  const std::string text(1000, 'x');
  EXPECT_EQ(read_txt(write_txt(text)), text);
  EXPECT_EQ(read_tlsa(write_tlsa({3, 1, 1, "abc"}))->data, "abc");
}

TEST(RdataTest, TakesNothingMalformed) {
  EXPECT_FALSE(read_name(""));
  EXPECT_FALSE(read_name("\3abc"s));        // no root label
  EXPECT_FALSE(read_name("\5abc\0"s));      // beyond the end
  EXPECT_FALSE(read_name("\xc0\x0c"s));     // a compression pointer
  EXPECT_FALSE(read_name("\3a.b\0"s));      // a dot inside a label
  EXPECT_FALSE(read_name("\3a\nb\0"s));
  EXPECT_FALSE(read_name("\1a\0x"s));       // bytes behind the end
  EXPECT_FALSE(read_mx("\0"s));
  EXPECT_FALSE(read_a("abc"));
  EXPECT_FALSE(read_aaaa("abcd"));
  EXPECT_FALSE(read_txt("\5abc"s));
  EXPECT_FALSE(read_tlsa("abc"));
  std::string endless;
  for (int i = 0; i < 100; ++i) endless += "\3abc"s;
  EXPECT_FALSE(read_name(endless + '\0'));
}

}  // namespace
}  // namespace mail::dns
