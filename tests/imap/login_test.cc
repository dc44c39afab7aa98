#include <gtest/gtest.h>

#include "base/base64.h"
#include "tests/support/imap_site.h"

namespace mail::imap {
namespace {

struct ImapLoginTest : testing::Test {
  static net::Peer stranger() {
    return {.address = "192.0.2.1",
            .port = 40000,
            .listener = "imap",
            .loopback = false};
  }
  // The answer in one line, without untagged ones.
  static bool has(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
  }

  Site site;
};

TEST_F(ImapLoginTest, TakesNoPasswordBeforeTls) {
  auto client = site.connect(stranger());
  const std::string hello = client->greet();
  EXPECT_TRUE(has(hello, "STARTTLS LOGINDISABLED]")) << hello;
  EXPECT_TRUE(
      has(client->send("a LOGIN alice secret\r\n"), "a NO [PRIVACYREQUIRED]"));
  EXPECT_TRUE(
      has(client->send("a AUTHENTICATE PLAIN\r\n"), "a NO [PRIVACYREQUIRED]"));
  client->send("b STARTTLS\r\n");
  ASSERT_TRUE(client->secure());
  EXPECT_TRUE(has(client->send("c CAPABILITY\r\n"), "AUTH=FAKE-SCRAM-PLUS"));
  EXPECT_TRUE(has(client->send("d LOGIN alice secret\r\n"), "d OK"));
  EXPECT_EQ(client->account, 1u);
  EXPECT_EQ(site.authority.last.tls_exporter, client->tls.exporter);
  EXPECT_TRUE(site.authority.last.secure);
  EXPECT_EQ(site.authority.last.peer_address, "192.0.2.1");
}

TEST_F(ImapLoginTest, AuthenticatesWithAndWithoutInitialResponse) {
  const std::string plain =
      base64_encode(std::string_view("\0alice\0secret", 13));
  auto one = site.connect();
  one->greet();
  EXPECT_TRUE(has(one->send("a AUTHENTICATE PLAIN " + plain + "\r\n"), "a OK"));
  auto two = site.connect();
  two->greet();
  EXPECT_EQ(two->send("a authenticate plain\r\n"), "+ \r\n");
  EXPECT_TRUE(has(two->send(plain + "\r\n"), "a OK"));
}

TEST_F(ImapLoginTest, SendsWhatAMechanismHasToSayAtTheEnd) {
  const std::string plain =
      base64_encode(std::string_view("\0bob\0secret", 11));
  auto client = site.connect();
  client->greet();
  EXPECT_EQ(client->send("a AUTHENTICATE FAKE-SCRAM\r\n"),
            "+ " + base64_encode("who?") + "\r\n");
  EXPECT_EQ(client->send(plain + "\r\n"),
            "+ " + base64_encode("v=proof") + "\r\n");
  EXPECT_EQ(client->account, 0u);
  EXPECT_TRUE(has(client->send("\r\n"), "a OK"));
  EXPECT_EQ(client->account, 2u);
}

TEST_F(ImapLoginTest, AnswersAllFailuresAlikeAndLate) {
  auto client = site.connect();
  client->greet();
  const std::string known = client->send("a LOGIN alice wrong\r\n");
  const auto once = client->delayed();
  const std::string unknown = client->send("a LOGIN nobody wrong\r\n");
  EXPECT_EQ(known, unknown);
  EXPECT_TRUE(has(known, "a NO [AUTHENTICATIONFAILED]"));
  EXPECT_EQ(once.count(), 250);
  EXPECT_EQ(client->delayed().count(), 500);
}

TEST_F(ImapLoginTest, EndsAfterFiveFailuresOrTenMistakes) {
  auto guesser = site.connect();
  guesser->greet();
  for (int i = 0; i < 4; ++i) guesser->send("a LOGIN alice wrong\r\n");
  EXPECT_FALSE(guesser->closed());
  EXPECT_TRUE(has(guesser->send("a LOGIN alice wrong\r\n"), "* BYE"));
  EXPECT_TRUE(guesser->closed());

  auto babbler = site.connect();
  babbler->greet();
  for (int i = 0; i < 9; ++i) babbler->send("GET / HTTP/1.1\r\n");
  EXPECT_FALSE(babbler->closed());
  EXPECT_TRUE(has(babbler->send("\r\n"), "* BYE"));
  EXPECT_TRUE(babbler->closed());
}

TEST_F(ImapLoginTest, TakesLittleFromStrangers) {
  auto client = site.connect();
  client->greet();
  EXPECT_TRUE(has(client->send(std::string(9000, 'x') + "\r\n"),
                  "* BAD line too long"));
  EXPECT_TRUE(has(client->send("a NOOP\r\n"), "a OK"));
  EXPECT_TRUE(has(client->send("b LOGIN {5000+}\r\n"), "* BYE"));
  EXPECT_TRUE(client->closed());
}

TEST_F(ImapLoginTest, SaysWhenItCannotCheck) {
  site.authority.away = true;
  auto client = site.connect();
  client->greet();
  EXPECT_TRUE(
      has(client->send("a LOGIN alice secret\r\n"), "a NO [UNAVAILABLE]"));
}

TEST_F(ImapLoginTest, CountsTheSessionsOfAnAccount) {
  auto client = site.connect();
  client->greet();
  client->account_full = true;
  EXPECT_TRUE(has(client->send("a LOGIN alice secret\r\n"), "a NO [LIMIT]"));
  client->account_full = false;
  EXPECT_TRUE(has(client->send("b LOGIN alice secret\r\n"), "b OK"));
}

TEST_F(ImapLoginTest, CancelsAnExchangeThatIsLeft) {
  auto client = site.connect();
  client->greet();
  client->send("a AUTHENTICATE PLAIN\r\n");
  EXPECT_TRUE(has(client->send("*\r\n"), "a BAD"));
  EXPECT_EQ(site.authority.cancelled, 1);
  client->send("a AUTHENTICATE PLAIN\r\n");
  client.reset();
  EXPECT_EQ(site.authority.cancelled, 2);
}

TEST_F(ImapLoginTest, WaitsAMinute) {
  auto client = site.connect();
  client->greet();
  EXPECT_LE(client->waits().at_most, std::chrono::seconds(60));
  EXPECT_TRUE(has(client->wait(), "* BYE"));
  EXPECT_TRUE(client->closed());
}

TEST_F(ImapLoginTest, AnswersCommandsSentBehindTheLogin) {
  auto client = site.connect();
  client->greet();
  const std::string all =
      client->send("a LOGIN alice secret\r\nb SELECT INBOX\r\nc LOGOUT\r\n");
  EXPECT_TRUE(has(all, "a OK"));
  EXPECT_TRUE(has(all, "b OK"));
  EXPECT_TRUE(has(all, "c OK"));
  EXPECT_TRUE(client->closed());
}

}  // namespace
}  // namespace mail::imap
