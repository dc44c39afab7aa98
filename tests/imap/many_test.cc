// What a mailbox of twenty years brings: 2,000 mailboxes with names in many
// scripts, 500 keywords.
#include <gtest/gtest.h>

#include <chrono>

#include "base/ascii.h"
#include "tests/support/imap_site.h"

namespace mail::imap {
namespace {

constexpr const char* kNames[] = {
    "Projekte",    "Entwürfe", "Письма", "邮件",      "メール",
    "البريد",      "דואר",     "메일",   "จดหมาย",    "ईमेल",
    "Ταχυδρομείο", "😀 fun",   "a & b",  "\"quoted\""};

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos;
       at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

struct ImapManyTest : testing::Test {
  // Twenty levels are made by one transaction.
  void make_mailboxes(int trees) {
    const auto account = site.accounts().open(1);
    for (int tree = 0; tree < trees; ++tree) {
      std::string path = std::to_string(tree);
      for (int level = 1; level < 20; ++level) {
        path += '/' + std::string(kNames[(tree + level) % std::size(kNames)]);
      }
      ASSERT_TRUE(account->create_mailbox(path, store::Role::None));
    }
  }
  std::string timed(std::string_view command) {
    const auto begin = std::chrono::steady_clock::now();
    std::string answer = client->send(command);
    took = std::chrono::steady_clock::now() - begin;
    return answer;
  }

  Site site;
  std::unique_ptr<SessionDriver> client = site.login("alice");
  std::chrono::nanoseconds took{};
};

TEST_F(ImapManyTest, ListsTwoThousandMailboxesWithTheirStatus) {
  using namespace std::chrono_literals;
  make_mailboxes(100);
  const std::string all = timed(
      "a LIST \"\" * RETURN (SUBSCRIBED SPECIAL-USE STATUS (MESSAGES UNSEEN "
      "RECENT SIZE DELETED UIDNEXT UIDVALIDITY HIGHESTMODSEQ MAILBOXID))\r\n");
  EXPECT_LT(took, 2s);  // unoptimised, on a machine that does other things
  EXPECT_EQ(count(all, "* LIST ("), 2006u);
  EXPECT_EQ(count(all, "* STATUS "), 2006u);
  EXPECT_EQ(count(timed("b LIST \"\" %\r\n"), "* LIST ("), 106u);
  EXPECT_EQ(count(timed("c LIST 7/ %\r\n"), "* LIST ("), 1u);
  EXPECT_LT(took, 1s);
  for (const char* name : kNames) {
    const auto found = site.accounts().open(1)->mailboxes();
    EXPECT_TRUE(std::ranges::any_of(found, [&](const store::Mailbox& box) {
      return box.name.ends_with(name);
    })) << name;
  }
}

TEST_F(ImapManyTest, KeepsFiveHundredKeywords) {
  std::string keywords;
  for (int i = 0; i < 500; ++i) {
    keywords += (i ? " $keyword" : "$keyword") + std::to_string(i);
  }
  client->send(
      append_command("a", "INBOX (" + keywords + ")", "a: b\r\n\r\nx"));
  client->send(append_command("b", "INBOX", "a: b\r\n\r\ny"));
  const std::string selected = client->send("c SELECT INBOX\r\n");
  EXPECT_EQ(count(selected, "$keyword499"), 2u);  // FLAGS, PERMANENTFLAGS
  client->send("d STORE 2 +FLAGS ($keyword7)\r\n");
  EXPECT_EQ(count(client->send("e FETCH 1:2 FLAGS\r\n"), "$keyword"), 501u);
  EXPECT_NE(
      client->send("f SEARCH KEYWORD $keyword7\r\n").find("SEARCH 1 2\r\n"),
      std::string::npos);
  EXPECT_NE(client->send("g SEARCH KEYWORD $keyword8\r\n").find("SEARCH 1\r\n"),
            std::string::npos);
}

}  // namespace
}  // namespace mail::imap
