#include "sasl/password.h"

#include <gtest/gtest.h>

#include "base/ascii.h"
#include "base/saslprep.h"
#include "base/sha.h"

namespace mail::sasl {
namespace {

using namespace std::literals;

TEST(PlainTest, TakesNameAndPassword) {
  // RFC 4616 section 4.
  const auto claim = parse_plain("\0tim\0tanstaaftanstaaf"sv);
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->name, "tim");
  EXPECT_EQ(claim->password, "tanstaaftanstaaf");
  EXPECT_TRUE(parse_plain("tim\0tim\0x"sv));
}

TEST(PlainTest, RefusesTheRest) {
  EXPECT_FALSE(parse_plain("Ursel\0Kurt\0xipj3plmq"sv));
  EXPECT_FALSE(parse_plain(""sv));
  EXPECT_FALSE(parse_plain("\0tim"sv));
  EXPECT_FALSE(parse_plain("\0tim\0"sv));
  EXPECT_FALSE(parse_plain("\0\0x"sv));
  EXPECT_FALSE(parse_plain("\0tim\0a\0b"sv));
  EXPECT_FALSE(parse_plain("\0tim\0"s + std::string(1001, 'x')));
}

TEST(LoginTest, AsksForNameThenPassword) {
  Login login;
  EXPECT_EQ(login.start(std::nullopt), "Username:");
  EXPECT_EQ(login.step("tim"), "Password:");
  EXPECT_FALSE(login.step("secret"));
  EXPECT_EQ(login.claim()->name, "tim");
  EXPECT_EQ(login.claim()->password, "secret");
}

TEST(LoginTest, TakesTheNameWithTheCommand) {
  Login login;
  EXPECT_EQ(login.start("tim"), "Password:");
  EXPECT_FALSE(login.step(""));
  EXPECT_FALSE(login.claim());
}

TEST(SaslprepTest, KeepsTheTableOfRfc4013) {
  EXPECT_EQ(saslprep("I\xc2\xadX"), "IX");  // SOFT HYPHEN to nothing
  EXPECT_EQ(saslprep("user"), "user");
  EXPECT_EQ(saslprep("USER"), "USER");
  EXPECT_EQ(saslprep("\xc2\xaa"), "a");     // NFKC
  EXPECT_EQ(saslprep("\xe2\x85\xa8"), "IX");
  EXPECT_FALSE(saslprep("\x07"));           // prohibited
  EXPECT_FALSE(saslprep("\xd8\xa7\x31"));   // directions mixed
  EXPECT_FALSE(saslprep("\xff"));
  EXPECT_EQ(saslprep("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80");
}

TEST(ShaTest, KnowsItsTestVectors) {
  EXPECT_EQ(hex(sha(Sha::Sha1, "abc")),
            "a9993e364706816aba3e25717850c26c9cd0d89d");
  // RFC 4231 test case 2.
  EXPECT_EQ(hex(hmac(Sha::Sha256, "Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  // RFC 6070.
  EXPECT_EQ(hex(pbkdf2(Sha::Sha1, "password", "salt", 4096)),
            "4b007901b765489abead49d926f721d065a429c1");
}

}  // namespace
}  // namespace mail::sasl
