// Limits of an account, as IMAP tells and keeps them (RFC 9208).
#include <gtest/gtest.h>

#include "tests/support/imap_site.h"

namespace mail::imap {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

struct ImapQuotaTest : testing::Test {
  std::string append(std::size_t size) {
    return client->send(append_command("a", "INBOX", std::string(size, 'x')));
  }
  Site site;
  std::unique_ptr<SessionDriver> client = site.login("alice");
};

TEST_F(ImapQuotaTest, IsToldInUnitsOf1024) {
  site.accounts().open(1)->limit_bytes(10'000);
  append(1025);
  EXPECT_TRUE(has(client->send("b GETQUOTAROOT INBOX\r\n"),
                  "* QUOTA \"\" (STORAGE 2 10)\r\n"));
  site.accounts().open(1)->limit_emails(7);
  EXPECT_TRUE(has(client->send("c GETQUOTA \"\"\r\n"),
                  "* QUOTA \"\" (STORAGE 2 10 MESSAGE 1 7)\r\n"));
  site.accounts().open(1)->limit_bytes(0);
  EXPECT_TRUE(has(client->send("d GETQUOTA \"\"\r\n"),
                  "* QUOTA \"\" (MESSAGE 1 7)\r\n"));
}

// What the machine needs to go on is not filled with mail.
TEST(ImapRoomTest, WhatStaysFreeIsNotForAppend) {
  Site site;
  site.minimum_free = std::int64_t{1} << 60;
  const auto client = site.login("alice");
  EXPECT_TRUE(has(client->send(append_command("a", "INBOX", "Subject: x\r\n")),
                  "a NO [OVERQUOTA] no space left"));
  EXPECT_EQ(site.accounts().open(1)->usage().emails, 0);
}

TEST_F(ImapQuotaTest, NobodyWithinItIsToldToBeAboveIt) {
  append(1025);
  for (const auto& [limit, told] :
       {std::pair{2000, "2 2"}, {1026, "2 2"}, {2049, "2 3"}, {1000, "2 1"}}) {
    site.accounts().open(1)->limit_bytes(limit);
    EXPECT_TRUE(has(client->send("b GETQUOTA \"\"\r\n"),
                    "(STORAGE " + std::string(told) + ")"))
        << limit;
  }
}

TEST_F(ImapQuotaTest, LimitsMessages) {
  site.accounts().open(1)->limit_emails(2);
  EXPECT_TRUE(has(append(10), "a OK"));
  EXPECT_TRUE(has(append(10), "a OK"));
  EXPECT_TRUE(has(append(10), "a NO [OVERQUOTA]"));
}

// A copy is another place of the same message, but for the mailbox that holds
// it already.
TEST_F(ImapQuotaTest, LimitsCopiesThatTakeRoom) {
  site.accounts().open(1)->limit_emails(1);
  append(10);
  client->send("b SELECT INBOX\r\n");
  EXPECT_TRUE(has(client->send("c COPY 1 Archive\r\n"), "c OK [COPYUID"));
  EXPECT_TRUE(has(client->send("d COPY 1 Archive\r\n"), "d NO [OVERQUOTA]"));
  EXPECT_TRUE(
      has(client->send("e STATUS Archive (MESSAGES)\r\n"), "(MESSAGES 1)"));
  // Nor is anything gone of what was not moved.
  EXPECT_EQ(client->send("f MOVE 1 Archive\r\n"),
            "f NO [OVERQUOTA] over quota\r\n");
  EXPECT_TRUE(has(client->send("g FETCH 1 UID\r\n"), "* 1 FETCH (UID 1)"));
  EXPECT_TRUE(has(client->send("h MOVE 1 Sent\r\n"), "h OK"));
  EXPECT_TRUE(has(client->send("i GETQUOTA \"\"\r\n"), "(MESSAGE 1 1)"));
}

TEST_F(ImapQuotaTest, LimitsAnnotations) {
  const std::string most(store::kLongestAnnotation, 'v');
  const auto set = [&](const std::string& name, const std::string& value) {
    return client->send("b SETMETADATA INBOX (/private/" + name + " {" +
                        std::to_string(value.size()) + "+}\r\n" + value +
                        ")\r\n");
  };
  EXPECT_TRUE(has(set("a", most + "v"), "b NO [METADATA MAXSIZE 65536]"));
  EXPECT_TRUE(has(set("a", most), "b OK"));
  std::string answer;
  for (int i = 0; i < 100; ++i) answer = set("n" + std::to_string(i), "");
  EXPECT_TRUE(has(answer, "b NO [METADATA TOOMANY]"));
  EXPECT_TRUE(has(set("n1", "again"), "b OK"));
  EXPECT_TRUE(has(client->send("c GETMETADATA INBOX /private/n99\r\n"),
                  "(/private/n99 NIL)"));
}

}  // namespace
}  // namespace mail::imap
