#include "relay/reply.h"

#include <gtest/gtest.h>

#include "relay/extensions.h"

namespace mail::relay {
namespace {

std::optional<Reply> one(std::string_view bytes) {
  ReplyReader reader;
  reader.feed(bytes);
  return reader.next();
}

bool breaks(std::string_view bytes) {
  ReplyReader reader;
  reader.feed(bytes);
  while (reader.next()) {
  }
  return reader.broken();
}

TEST(ReplyTest, OneLineWithAndWithoutAnEnhancedCode) {
  const auto plain = one("250 Ok\r\n");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->code, 250);
  EXPECT_EQ(plain->enhanced, "");
  EXPECT_EQ(plain->text, "Ok");
  const auto enhanced = one("450 4.7.1 Later\r\n");
  EXPECT_EQ(enhanced->enhanced, "4.7.1");
  EXPECT_EQ(enhanced->text, "Later");
  EXPECT_EQ(one("250\r\n")->text, "");
  EXPECT_EQ(one("250 2.1.0\n")->enhanced, "2.1.0");
}

TEST(ReplyTest, AnEnhancedCodeOfAnotherClassIsText) {
  EXPECT_EQ(one("550 2.1.1 no\r\n")->enhanced, "");
  EXPECT_EQ(one("550 5.1 no\r\n")->enhanced, "");
  EXPECT_EQ(one("550 5.1.1234 no\r\n")->enhanced, "");
  EXPECT_EQ(one("550 5.1.1no\r\n")->enhanced, "");
}

TEST(ReplyTest, SeveralLinesInAnyPieces) {
  const std::string_view bytes = "550-5.1.1 No\r\n550-5.1.1 such\r\n550 5.1.1"
                                 " user\r\n250 next\r\n";
  for (std::size_t piece = 1; piece < bytes.size(); ++piece) {
    ReplyReader reader;
    std::vector<Reply> replies;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      reader.feed(bytes.substr(at, piece));
      while (auto reply = reader.next()) replies.push_back(*reply);
    }
    ASSERT_EQ(replies.size(), 2u) << piece;
    EXPECT_EQ(replies[0].text, "No\nsuch\nuser");
    EXPECT_EQ(replies[0].enhanced, "5.1.1");
    EXPECT_EQ(replies[1].code, 250);
    EXPECT_FALSE(reader.pending());
  }
}

TEST(ReplyTest, WhatIsNoReplyBreaks) {
  EXPECT_TRUE(breaks("hello\r\n"));
  EXPECT_TRUE(breaks("25\r\n"));
  EXPECT_TRUE(breaks("\r\n"));
  EXPECT_TRUE(breaks("150 x\r\n"));
  EXPECT_TRUE(breaks("600 x\r\n"));
  EXPECT_TRUE(breaks("2500 x\r\n"));
  EXPECT_TRUE(breaks("250-a\r\n251 b\r\n"));
  EXPECT_TRUE(breaks(std::string(1 << 20, '2')));
  EXPECT_TRUE(breaks("250 " + std::string(3000, 'x') + "\r\n"));
  std::string endless;
  for (int i = 0; i < 300; ++i) endless += "250-x\r\n";
  EXPECT_TRUE(breaks(endless));
  EXPECT_TRUE(breaks(std::string("\x16\x03\x01\x02\n", 5)));
}

TEST(ReplyTest, TextsAreCleanedAndBounded) {
  const auto reply = one("550 a\tb\x1b[31m\xc3\xa4\r\n");
  EXPECT_EQ(reply->text, "a?b?[31m\xc3\xa4");
  // Halves of characters, C1, what turns the direction of text, an overlong.
  EXPECT_EQ(one("550 \xc3 \xa4 \xc2\x9b \xe2\x80\xae \xc0\xaf \xf0\x9f\x98\r\n")
                ->text, "? ? ? ? ?? ???");
  EXPECT_EQ(one("550 \xf0\x9f\x98\x80\r\n")->text, "\xf0\x9f\x98\x80");
  const auto verdict = verdict_of({550, "", std::string(2000, 'x')});
  EXPECT_LE(verdict.text.size(), 500u);
  EXPECT_EQ(verdict.enhanced, "5.0.0");
  std::string long_one = "x";
  while (long_one.size() < 2000) long_one += "\xc3\xa4";
  EXPECT_EQ(verdict_of({550, "", long_one}).text, long_one.substr(0, 499));
  EXPECT_EQ(verdict_of({250, "", "a\nb"}).text, "a b");
}

TEST(ReplyTest, OnlyTwoHundredsAreDelivered) {
  for (const int code : {200, 250, 252, 299}) {
    EXPECT_EQ(verdict_of({code, "", ""}).outcome, Verdict::Outcome::Delivered);
  }
  for (const int code : {300, 354, 421, 450, 499}) {
    EXPECT_EQ(verdict_of({code, "", ""}).outcome, Verdict::Outcome::Temporary);
  }
  EXPECT_EQ(verdict_of({550, "", ""}).outcome, Verdict::Outcome::Permanent);
}

TEST(ExtensionsTest, AreReadFromTheAnswerToEhlo) {
  const auto server = read_extensions(
      *one("250-MX.example Hello\r\n250-pipelining\r\n250-SIZE 1000\r\n"
           "250-AUTH plain LOGIN\r\n250-AUTH=SCRAM-SHA-256\r\n"
           "250 8BITMIME\r\n"));
  EXPECT_EQ(server.name, "mx.example");
  EXPECT_TRUE(server.pipelining && server.eight_bit && server.size);
  EXPECT_FALSE(server.utf8 || server.chunking || server.starttls);
  EXPECT_EQ(server.most, 1000);
  EXPECT_EQ(server.auth.size(), 3u);
  EXPECT_EQ(read_extensions(*one("250-x\r\n250 SIZE 99999999999999999999\r\n"))
                .most,
            0);
}

}  // namespace
}  // namespace mail::relay
