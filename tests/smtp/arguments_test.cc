#include "smtp/arguments.h"

#include <gtest/gtest.h>

namespace mail::smtp {
namespace {

int mail_code(std::string_view text) {
  const auto sender = parse_mail(text);
  return sender ? 250 : sender.error().code();
}
int rcpt_code(std::string_view text) {
  const auto recipient = parse_rcpt(text);
  return recipient ? 250 : recipient.error().code();
}

TEST(ArgumentsTest, ReadsTheSenderAndItsParameters) {
  const auto sender = parse_mail(
      "FROM:<Ann@Example.ORG> SIZE=1000 body=8bitmime AUTH=<> SMTPUTF8");
  ASSERT_TRUE(sender);
  EXPECT_EQ(sender->address, "Ann@example.org");
  EXPECT_EQ(sender->domain, "example.org");
  EXPECT_EQ(sender->size, 1000);
  EXPECT_TRUE(sender->eight_bit_mime);
  EXPECT_TRUE(sender->smtputf8);
}

// RFC 3461 section 4.
TEST(ArgumentsTest, ReadsWhatIsToBeReported) {
  const auto sender = parse_mail("FROM:<a@b.example> ret=hdrs ENVID=QQ+2B1");
  ASSERT_TRUE(sender);
  EXPECT_EQ(sender->ret, "HDRS");
  EXPECT_EQ(sender->envid, "QQ+2B1");
  const auto recipient = parse_rcpt(
      "TO:<b@c.example> notify=success,Delay ORCPT=rfc822;B+2Bb@c.example");
  ASSERT_TRUE(recipient);
  EXPECT_EQ(recipient->notify, "SUCCESS,DELAY");
  EXPECT_EQ(recipient->orcpt, "rfc822;B+2Bb@c.example");
  EXPECT_TRUE(parse_rcpt("TO:<b@c.example> ORCPT=utf-8;jos\xc3\xa9@c"));
  EXPECT_TRUE(parse_rcpt("TO:<b@c.example> ORCPT=utf-8;jos\\x{E9}@c"));
  EXPECT_FALSE(parse_rcpt("TO:<Postmaster>")->wants_reports());
  EXPECT_EQ(parse_rcpt("TO:<Postmaster> NOTIFY=NEVER")->notify, "NEVER");
}

TEST(ArgumentsTest, RefusesReportsThatAreNotOfTheGrammar) {
  for (const std::string& text :
       {std::string("RET"), std::string("RET=ALL"), std::string("ENVID"),
        std::string("ENVID=a+2"), std::string("ENVID=a+0D"),
        std::string("ENVID=") + std::string(101, 'x'),
        std::string("RET=FULL RET=FULL")}) {
    EXPECT_EQ(mail_code("FROM:<a@b.example> " + text), 501) << text;
  }
  EXPECT_EQ(mail_code("FROM:<a@b.example> ENVID=" + std::string(100, 'x')),
            250);
  for (const std::string& text :
       {std::string("NOTIFY"), std::string("NOTIFY=ALWAYS"),
        std::string("NOTIFY=NEVER,DELAY"), std::string("NOTIFY=DELAY,DELAY"),
        std::string("NOTIFY=DELAY,"), std::string("ORCPT"),
        std::string("ORCPT=b@c.example"), std::string("ORCPT=rfc822;"),
        std::string("ORCPT=;b@c.example"), std::string("ORCPT=rfc822;a+0A"),
        std::string("ORCPT=rfc822;jos\xc3\xa9"),
        std::string("ORCPT=utf-8;\\x{0A}"),
        std::string("ORCPT=rfc822;") + std::string(500, 'x'),
        std::string("NOTIFY=NEVER NOTIFY=NEVER")}) {
    EXPECT_EQ(rcpt_code("TO:<b@c.example> " + text), 501) << text;
  }
}

TEST(ArgumentsTest, TakesTheNullSenderAndSourceRoutes) {
  EXPECT_EQ(parse_mail("FROM:<>")->address, "");
  EXPECT_EQ(parse_mail("from: <a@b.example> ")->address, "a@b.example");
  EXPECT_EQ(parse_rcpt("TO:<@x.example:a@b.example>")->address,
            "a@b.example");
  EXPECT_EQ(parse_rcpt("TO:<\"a b\"@c.example>")->address,
            "\"a b\"@c.example");
  EXPECT_EQ(parse_rcpt("TO:<\"a>b\"@c.example>")->local, "a>b");
}

TEST(ArgumentsTest, RefusesWhatIsNotOfTheGrammar) {
  const std::pair<std::string, int> kCases[] = {
      {"", 501},
      {"FROM", 501},
      {"FROM:", 501},
      {"FROM:a@b.example", 501},
      {"FROM:<a@b.example", 501},
      {"FROM:<a@b.example>SIZE=1", 501},
      {"FROM:<a>", 501},
      {"FROM:<a@b.example> SIZE=", 501},
      {"FROM:<a@b.example> SIZE=x", 501},
      {"FROM:<a@b.example> SIZE=-1", 501},
      {"FROM:<a@b.example> SIZE=1 SIZE=2", 501},
      {"FROM:<a@b.example> BODY=BINARYMIME", 501},
      {"FROM:<a@b.example> SMTPUTF8=1", 501},
      {"FROM:<a@b.example> AUTH=+4", 501},
      {"FROM:<a@b.example> X=1=2", 501},
      {"FROM:<a@b.example> =1", 501},
      {"FROM:<a@b.example> NOVEL=1", 555},
      {"FROM:<jos\xc3\xa9@b.example>", 550},
      {"FROM:<jos\xc3\xa9@b.example> SMTPUTF8", 250},
      {"FROM:<jos\xff@b.example> SMTPUTF8", 501},
      {"FROM:<a@b.example> SIZE=99999999999999999999", 250},
      {"TO:<a@b.example>", 501},
  };
  for (const auto& [text, code] : kCases) {
    EXPECT_EQ(mail_code(text), code) << text;
  }
}

TEST(ArgumentsTest, OnlyThePostmasterNeedsNoDomain) {
  EXPECT_EQ(rcpt_code("TO:<Postmaster>"), 250);
  EXPECT_EQ(rcpt_code("TO:<abuse>"), 501);
  EXPECT_EQ(rcpt_code("TO:<>"), 501);
  EXPECT_EQ(rcpt_code("TO:<a@b.example> NOVEL=1"), 555);
}

TEST(ArgumentsTest, ReadsChunks) {
  EXPECT_EQ(parse_bdat("0 LAST")->size, 0u);
  EXPECT_TRUE(parse_bdat("12 last")->last);
  EXPECT_FALSE(parse_bdat("12")->last);
  for (const char* text : {"", "LAST", "-1", "1 FIRST", "1LAST",
                           "99999999999999999999999", "0x10"}) {
    EXPECT_FALSE(parse_bdat(text)) << text;
  }
}

TEST(ArgumentsTest, TakesAnyPrintableWordForAName) {
  EXPECT_TRUE(parse_helo("under_score"));
  EXPECT_TRUE(parse_helo("[IPv6:2001:db8::1]"));
  EXPECT_FALSE(parse_helo(""));
  EXPECT_FALSE(parse_helo("two words"));
  EXPECT_FALSE(parse_helo("jos\xc3\xa9"));
  EXPECT_FALSE(parse_helo(std::string(256, 'x')));
}

}  // namespace
}  // namespace mail::smtp
