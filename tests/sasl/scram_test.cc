#include "sasl/scram.h"

#include <gtest/gtest.h>

#include "base/ascii.h"
#include "base/base64.h"

namespace mail::sasl {
namespace {

std::string decode(const char* text) { return base64_decode(text).value(); }

// What a client computes (RFC 5802 section 3), for the "p=" attribute.
std::string proof(Sha kind, const std::string& password,
                  const ScramVerifier& verifier, const std::string& auth) {
  const auto salted =
      pbkdf2(kind, password, verifier.salt, verifier.iterations);
  std::string key = hmac(kind, salted, "Client Key");
  const auto signature = hmac(kind, sha(kind, key), auth);
  for (std::size_t i = 0; i < key.size(); ++i) key[i] ^= signature[i];
  return base64_encode(key);
}

ScramVerifier verifier_for(Sha kind, const std::string& password,
                           const std::string& salt) {
  return {salt, 4096, {scram_key(kind, password, salt, 4096)}};
}

const std::string kBinding = "0123456789";

// Plays a whole exchange; `header` is the client's gs2 header.
std::string play(Scram& scram, const std::string& header,
                 const std::string& bound, const std::string& name) {
  const auto first = scram.first(header + "n=" + name + ",r=abc");
  if (!first) return first.error().why;
  const auto verifier = verifier_for(Sha::Sha256, "pencil", "salt");
  const auto challenge = scram.challenge(verifier, "def");
  const auto without_proof =
      "c=" + base64_encode(header + bound) + ",r=abcdef";
  const auto auth =
      "n=" + name + ",r=abc," + challenge + "," + without_proof;
  const auto done = scram.last(
      without_proof + ",p=" + proof(Sha::Sha256, "pencil", verifier, auth));
  return done ? "yes" : done.error().why;
}

std::string play(ChannelBinding binding, const std::string& header,
                 const std::string& bound) {
  Scram scram(Sha::Sha256, std::move(binding));
  return play(scram, header, bound, "user");
}

constexpr auto kPlus = ChannelBinding::Wanted::Yes;
constexpr auto kPlain = ChannelBinding::Wanted::No;

TEST(ScramTest, SpeaksTheExampleOfRfc5802) {
  Scram scram(Sha::Sha1, {});
  EXPECT_EQ(scram.first("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL").value(),
            "user");
  EXPECT_EQ(scram.challenge(verifier_for(Sha::Sha1, "pencil",
                                         decode("QSXCR+Q6sek8bf92")),
                            "3rfcNHYJY1ZVvWVs7j"),
            "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
            "s=QSXCR+Q6sek8bf92,i=4096");
  const auto done = scram.last(
      "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
      "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
  ASSERT_TRUE(done) << done.error().why;
  EXPECT_EQ(done->message, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=");
}

TEST(ScramTest, SpeaksTheExampleOfRfc7677) {
  Scram scram(Sha::Sha256, {});
  ASSERT_TRUE(scram.first("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
  EXPECT_EQ(scram.challenge(verifier_for(Sha::Sha256, "pencil",
                                         decode("W22ZaJ0SNY7soEsUEjb6gQ==")),
                            "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"),
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  const std::string last =
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=";
  const auto done =
      scram.last(last + "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  ASSERT_TRUE(done) << done.error().why;
  EXPECT_EQ(done->message, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  EXPECT_FALSE(
      scram.last(last + "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVA="));
  EXPECT_FALSE(scram.last(last));
}

TEST(ScramTest, BindsToTheChannel) {
  const ChannelBinding exporter{kPlus, kBinding, "certificate"};
  EXPECT_EQ(play(exporter, "p=tls-exporter,,", kBinding), "yes");
  EXPECT_EQ(play(exporter, "p=tls-server-end-point,,", "certificate"), "yes");
  EXPECT_EQ(play(exporter, "p=tls-exporter,,", "another"),
            "channel bindings do not match");
  EXPECT_EQ(play(exporter, "p=tls-unique,,", kBinding),
            "unsupported channel binding");
  EXPECT_EQ(play(exporter, "n,,", ""), "-PLUS without channel binding");
  EXPECT_EQ(play({kPlus, "", ""}, "p=tls-exporter,,", ""),
            "unsupported channel binding");
}

TEST(ScramTest, NoticesAHiddenOffer) {
  EXPECT_EQ(play({kPlain, kBinding, ""}, "y,,", ""),
            "channel binding was hidden");
  EXPECT_EQ(play({kPlain, "", ""}, "y,,", ""), "yes");
  EXPECT_EQ(play({kPlain, kBinding, ""}, "n,,", ""), "yes");
  EXPECT_EQ(play({kPlain, kBinding, ""}, "p=tls-exporter,,", kBinding),
            "channel binding without -PLUS");
}

TEST(ScramTest, UnescapesNamesAndLetsNobodyActForAnother) {
  Scram scram(Sha::Sha256, {});
  EXPECT_EQ(scram.first("n,,n=a=2Cb=3Dc,r=x").value(), "a,b=c");
  EXPECT_FALSE(Scram(Sha::Sha256, {}).first("n,,n=a=2cb,r=x"));
  EXPECT_FALSE(Scram(Sha::Sha256, {}).first("n,a=other,n=user,r=x"));
  EXPECT_TRUE(Scram(Sha::Sha256, {}).first("n,a=user,n=user,r=x"));
}

TEST(ScramTest, RefusesWhatIsNoMessage) {
  for (const char* bad :
       {"", "n", "n,", "n,,", "n,,n=user", "n,,n=,r=x", "n,,n=user,r=",
        "n,,n=user,r=\x01", "n,,m=ext,n=user,r=x", "n,b=user,n=user,r=x",
        "q,,n=user,r=x"}) {
    EXPECT_FALSE(Scram(Sha::Sha256, {}).first(bad)) << bad;
  }
  Scram scram(Sha::Sha256, {});
  ASSERT_TRUE(scram.first("n,,n=user,r=abc"));
  scram.challenge(verifier_for(Sha::Sha256, "pencil", "salt"), "def");
  for (const char* bad : {"", ",p=", "c=biws,r=abcdef", "p=AAAA",
                          "c=biws,r=abc,p=AAAA", "c=,r=abcdef,p=AAAA",
                          "c=biws,r=abcdef,p=!", "c=biws,r=abcdef,p="}) {
    EXPECT_FALSE(scram.last(bad)) << bad;
  }
}

TEST(ScramTest, TakesAnyOfSeveralPasswords) {
  ScramVerifier verifier = verifier_for(Sha::Sha256, "pencil", "salt");
  verifier.keys.push_back(scram_key(Sha::Sha256, "second", "salt", 4096));
  Scram scram(Sha::Sha256, {});
  ASSERT_TRUE(scram.first("n,,n=user,r=abc"));
  const auto challenge = scram.challenge(verifier, "def");
  const auto auth = "n=user,r=abc," + challenge + ",c=biws,r=abcdef";
  const auto done = scram.last("c=biws,r=abcdef,p=" +
                               proof(Sha::Sha256, "second", verifier, auth));
  ASSERT_TRUE(done);
  EXPECT_EQ(done->key, 1u);
}

}  // namespace
}  // namespace mail::sasl
