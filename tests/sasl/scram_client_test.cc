#include "sasl/scram_client.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "sasl/scram.h"

namespace mail::sasl {
namespace {

constexpr std::string_view kNonce = "rOprNGfwEbeRWgbNEkqO";

// RFC 7677 section 3.
TEST(ScramClientTest, ComputesWhatTheRfcDoes) {
  ScramClient client("user", "pencil", kNonce);
  EXPECT_EQ(client.first(), "n,,n=user,r=" + std::string(kNonce));
  const auto last = client.last(
      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
      "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  ASSERT_TRUE(last);
  EXPECT_EQ(*last, "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF"
                   "$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  EXPECT_TRUE(
      client.finish("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
  EXPECT_FALSE(
      client.finish("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
  EXPECT_FALSE(client.finish("e=other-error"));
  EXPECT_FALSE(client.finish(""));
}

TEST(ScramClientTest, OurOwnServerKnowsIt) {
  Scram server(Sha::Sha256, {});
  ScramClient client("a=b,c", "s\xc3\xa9""cret", kNonce);
  EXPECT_EQ(*server.first(client.first()), "a=b,c");
  const std::string salt = "0123456789abcdef";
  const auto challenge = server.challenge(
      {salt, 4096, {scram_key(Sha::Sha256, "s\xc3\xa9""cret", salt, 4096)}},
      "more");
  const auto last = client.last(challenge);
  ASSERT_TRUE(last);
  const auto done = server.last(*last);
  ASSERT_TRUE(done);
  EXPECT_TRUE(client.finish(done->message));
}

TEST(ScramClientTest, AServerCannotMakeUsWorkForEver) {
  const std::string nonce = "r=" + std::string(kNonce) + "x,";
  const std::string good = nonce + "s=c2FsdA==,i=4096";
  EXPECT_TRUE(ScramClient("u", "p", kNonce).last(good));
  for (const std::string& bad :
       {nonce + "s=c2FsdA==,i=2000000000", nonce + "s=c2FsdA==,i=1",
        nonce + "s=,i=4096", nonce + "s=c2FsdA==", nonce + "s=??,i=4096",
        "r=" + std::string(kNonce) + ",s=c2FsdA==,i=4096",
        std::string("r=other,s=c2FsdA==,i=4096"), std::string(""),
        "m=ext," + good, nonce + "s=c2FsdA==,i=-4096"}) {
    EXPECT_FALSE(ScramClient("u", "p", kNonce).last(bad)) << bad;
  }
}

}  // namespace
}  // namespace mail::sasl
