#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "db/database.h"
#include "mime/message_file.h"
#include "store/account_lock.h"
#include "tests/support/imap_site.h"

namespace mail::imap {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

struct ImapVisitTest : testing::Test {
  std::string message(std::size_t lines) {
    std::string out = "Subject: long\r\n\r\n";
    for (std::size_t i = 0; i < lines; ++i) {
      out += "line " + std::to_string(i) + " of this message\r\n";
    }
    return out;
  }
  // "{n}\r\n" of a response and what follows it.
  static std::string literal(const std::string& text) {
    const std::size_t at = text.find("}\r\n");
    const std::size_t brace = text.rfind('{', at);
    const auto size = std::stoul(text.substr(brace + 1, at - brace - 1));
    return text.substr(at + 3, size);
  }

  Site site;
};

TEST_F(ImapVisitTest, GivesBackLargeMessagesByteForByte) {
  auto client = site.login("alice");
  const std::string text = message(5000);
  for (const char* tag : {"a", "b"}) {
    EXPECT_TRUE(
        has(client->send(append_command(tag, "INBOX", text)), "OK [APPENDUID"));
  }
  client->send("c SELECT INBOX\r\n");
  const std::string both = client->send("d FETCH 1:2 BODY.PEEK[]\r\n");
  EXPECT_EQ(literal(both), text);
  EXPECT_EQ(literal(both.substr(both.find("* 2 FETCH"))), text);
  EXPECT_EQ(literal(client->send("e FETCH 2 BODY.PEEK[]<1000.70000>\r\n")),
            text.substr(1000, 70000));
  EXPECT_EQ(literal(client->send("f FETCH 2 BODY.PEEK[TEXT]\r\n")),
            text.substr(17));
}

TEST_F(ImapVisitTest, TakesAMessageByteByByte) {
  auto client = site.login("alice");
  std::string answers;
  for (const char c : append_command("a", "INBOX (\\Seen)", "x: y\n\nz\r\n")) {
    answers += client->send(std::string_view(&c, 1));
  }
  EXPECT_TRUE(has(answers, "a OK [APPENDUID"));
  client->send("b SELECT INBOX\r\n");
  EXPECT_EQ(literal(client->send("c FETCH 1 BODY[]\r\n")), "x: y\r\n\r\nz\r\n");
}

TEST_F(ImapVisitTest, AClientThatGoesWithinItsMessageLeavesNoFile) {
  {
    auto client = site.login("alice");
    client->send("a APPEND INBOX {1000}\r\n");
    client->send("half of it");
  }
  for (const auto& one : std::filesystem::recursive_directory_iterator(
           site.folder(1) + "/msg")) {
    EXPECT_FALSE(one.is_regular_file()) << one.path();
  }
}

TEST_F(ImapVisitTest, AMessageWithoutItsFileBlocksNothing) {
  auto client = site.login("alice");
  client->send(append_command("a", "INBOX", "Subject: a\r\n\r\nx\r\n"));
  for (const auto& part :
       std::filesystem::directory_iterator(site.folder(1) + "/msg")) {
    std::filesystem::remove_all(part.path());
  }
  client->send(append_command("a", "INBOX", "Subject: b\r\n\r\nx\r\n"));
  client->send("b SELECT INBOX\r\n");
  const std::string both =
      client->send("c FETCH 1:2 (UID ENVELOPE BODY[])\r\n");
  EXPECT_TRUE(has(both, "* 1 FETCH (UID 1 ENVELOPE (NIL \"a\"")) << both;
  EXPECT_TRUE(has(both, "* 2 FETCH (UID 2 ENVELOPE (NIL \"b\"")) << both;
  EXPECT_EQ(literal(both), "Subject: b\r\n\r\nx\r\n");
  EXPECT_TRUE(has(both, "c NO [CORRUPTION]"));
  EXPECT_TRUE(
      has(client->send("d FETCH 1 BODY.PEEK[]\r\n"), "d NO [CORRUPTION]"));
  EXPECT_TRUE(
      has(client->send("e FETCH 1:2 (FLAGS BODYSTRUCTURE)\r\n"), "e OK"));
  EXPECT_TRUE(has(client->send("f COPY 1 Sent\r\n"), "f OK [COPYUID"));
  client->send("g STORE 1 +FLAGS (\\Deleted)\r\n");
  EXPECT_TRUE(has(client->send("h EXPUNGE\r\n"), "* 1 EXPUNGE\r\nh OK"));
}

TEST_F(ImapVisitTest, NumbersTheFirstUnseenOfALargeMailboxWithGaps) {
  auto client = site.login("alice");
  client->send(append_command("a", "INBOX (\\Seen)", "x: y\r\n\r\n"));
  client->send("b SELECT INBOX\r\n");
  for (int i = 0; i < 11; ++i) client->send("c COPY 1:* INBOX\r\n");
  client->send("d UID STORE 3,5,7 +FLAGS.SILENT (\\Deleted)\r\n");
  client->send("e EXPUNGE\r\n");
  client->send("f UID STORE 1500 -FLAGS.SILENT (\\Seen)\r\n");
  for (int i = 0; i < 2; ++i) {
    const std::string selected = client->send("g SELECT INBOX\r\n");
    EXPECT_TRUE(has(selected, "* 2045 EXISTS\r\n")) << selected;
    EXPECT_TRUE(has(selected, "* OK [UNSEEN 1497]")) << selected;
  }
}

TEST_F(ImapVisitTest, TakesSetsOfAMebibyte) {
  auto client = site.login("alice");
  for (const char* tag : {"a", "b"}) {
    client->send(append_command(tag, "INBOX", "x: y\r\n\r\n"));
  }
  std::string set = "1";
  for (int i = 3; set.size() < (1 << 20); i += 2) {
    set += ',' + std::to_string(i);
  }
  client->send("c ENABLE QRESYNC\r\n");
  const auto selected = client->send("d SELECT INBOX\r\n");
  EXPECT_EQ(client->send("e UID FETCH " + set + " UID\r\n"),
            "* 1 FETCH (UID 1)\r\ne OK done\r\n");
  const auto at = selected.find("[UIDVALIDITY ") + 13;
  const auto uidvalidity = selected.substr(at, selected.find(']', at) - at);
  const auto again = client->send("f SELECT INBOX (QRESYNC (" + uidvalidity +
                                  " 1 " + set + "))\r\n");
  EXPECT_TRUE(has(again, "* 1 FETCH (UID 1 ")) << again.substr(0, 500);
  EXPECT_FALSE(has(again, "UID 2 ")) << again.substr(0, 500);
  EXPECT_TRUE(has(client->send("g UID SEARCH UID " + set + "\r\n"),
                  "* SEARCH 1\r\n"));
}

TEST_F(ImapVisitTest, RefusesMessagesTooLargeAndGoesOn) {
  site.message_size = 1000;
  auto client = site.login("alice");
  EXPECT_TRUE(has(client->send("a APPEND INBOX {1001}\r\n"), "a NO [TOOBIG]"));
  const std::string late = client->send(
      append_command("b", "INBOX", std::string(5000, 'x')) + "c NOOP\r\n");
  EXPECT_TRUE(has(late, "b NO [TOOBIG]"));
  EXPECT_TRUE(has(late, "c OK"));
}

// Much is sent before the part is met: it must be a NO all the same.
TEST_F(ImapVisitTest, APartThatCannotBeDecodedIsNoEndOfTheConnection) {
  auto client = site.login("alice");
  std::string text = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
                     "Content-Transfer-Encoding: base64\r\n\r\n";
  for (int i = 0; i < 5000; ++i) text += std::string(76, 'A') + "\r\n";
  text += "--b\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nx\r\n--b--\r\n";
  client->send(append_command("a", "INBOX", message(1)));
  client->send(append_command("b", "INBOX", text));
  client->send(append_command("c", "INBOX", message(2)));
  client->send("d SELECT INBOX\r\n");
  const std::string answer = client->send(
      "e FETCH 1:3 (BINARY.PEEK[1] BINARY.SIZE[2])\r\nf NOOP\r\n");
  EXPECT_TRUE(has(answer, "* 1 FETCH "));
  EXPECT_FALSE(has(answer, "* 2 FETCH "));
  EXPECT_TRUE(has(answer, "* 3 FETCH "));
  EXPECT_TRUE(has(answer, "e NO [UNKNOWN-CTE]"));
  EXPECT_TRUE(has(answer, "f OK"));
  EXPECT_TRUE(has(client->send("g FETCH 2 BINARY.PEEK[1]\r\n"), "g OK"));
}

TEST_F(ImapVisitTest, KeepsTheQuota) {
  auto client = site.login("alice");
  site.accounts().open(1)->limit_bytes(2000);
  EXPECT_TRUE(
      has(client->send(append_command("a", "INBOX", message(10))), "a OK"));
  EXPECT_TRUE(has(client->send(append_command("b", "INBOX", message(100))),
                  "b NO [OVERQUOTA]"));
}

TEST_F(ImapVisitTest, ReadsSetsOfAMegabyteAndLongLines) {
  auto client = site.login("alice");
  client->send(append_command("a", "INBOX", message(1)));
  client->send("b SELECT INBOX\r\n");
  std::string set = "1";
  while (set.size() < 1 << 20) set += ",1";
  EXPECT_TRUE(has(client->send("c UID FETCH " + set + " UID\r\n"), "c OK"));
  EXPECT_TRUE(has(client->send("d UID FETCH " + set + set + " UID\r\n"),
                  "d BAD line too long"));
  EXPECT_TRUE(has(client->send("e NOOP\r\n"), "e OK"));
}

TEST_F(ImapVisitTest, RefusesLiteralsOverAMegabyte) {
  auto client = site.login("alice");
  EXPECT_TRUE(has(client->send("a CREATE {2000000}\r\n"), "a NO [TOOBIG]"));
  const std::string name(2'000'000, 'n');
  const std::string answers =
      client->send("b CREATE {2000000+}\r\n" + name + "\r\nc NOOP\r\n");
  EXPECT_TRUE(has(answers, "b NO [TOOBIG]"));
  EXPECT_TRUE(has(answers, "c OK"));
}

// RFC 7888 section 4: rather than to read what nobody wants.
TEST_F(ImapVisitTest, EndsTheSessionBehindHugeLiterals) {
  for (const std::string command :
       {"APPEND INBOX {200000000+}", "CREATE {200000000+}",
        "APPEND INBOX {99999999999999999999+}",
        "APPEND INBOX {1+}\r\nx {200000000+}"}) {
    auto client = site.login("alice");
    const std::string answer = client->send("a " + command + "\r\nx");
    EXPECT_TRUE(has(answer, "a NO [TOOBIG]")) << answer;
    EXPECT_TRUE(has(answer, "* BYE [TOOBIG]")) << answer;
    EXPECT_TRUE(client->closed());
  }
  EXPECT_EQ(site.bytes_of_files(1), 0);
}

TEST_F(ImapVisitTest, KeepsNothingOfSeveralMessagesThatFail) {
  auto client = site.login("alice");
  site.accounts().open(1)->limit_bytes(2000);
  const std::string text = message(40);
  const std::string first = append_command("a", "INBOX", text);
  std::string both = first.substr(0, first.size() - 2) + " {" +
                     std::to_string(text.size()) + "+}\r\n" + text + "\r\n";
  EXPECT_TRUE(has(client->send(both), "a NO [OVERQUOTA]"));
  EXPECT_EQ(site.bytes_of_files(1), 0);
  EXPECT_TRUE(has(client->send(first), "a OK"));
}

// RFC 8508 3.4: what goes makes room for what comes.
TEST_F(ImapVisitTest, ReplacesWithinAQuotaThatIsFull) {
  auto client = site.login("alice");
  const std::string text = message(40);
  client->send(append_command("a", "INBOX", text));
  site.accounts().open(1)->limit_bytes(static_cast<std::int64_t>(text.size()) +
                                       100);
  client->send("b SELECT INBOX\r\n");
  const std::string size = std::to_string(text.size());
  EXPECT_TRUE(
      has(client->send("c REPLACE 1 INBOX {" + size + "+}\r\n" + text + "\r\n"),
          "c OK"));
  const std::string large = message(80);
  EXPECT_TRUE(
      has(client->send("d REPLACE 1 INBOX {" + std::to_string(large.size()) +
                       "+}\r\n" + large + "\r\n"),
          "d NO [OVERQUOTA]"));
  EXPECT_TRUE(has(client->send("e UID SEARCH ALL\r\n"), "SEARCH 2\r\n"));
}

TEST_F(ImapVisitTest, LeavesNoBytesOfAMessageThatDidNotCome) {
  auto client = site.login("alice");
  client->send("a APPEND INBOX {500000+}\r\n" + std::string(400'000, 'x'));
  EXPECT_GT(site.bytes_of_files(1), 300'000);
  client.reset();
  EXPECT_EQ(site.bytes_of_files(1), 0);
}

TEST_F(ImapVisitTest, SaysTryAgainWhenTheAccountIsInTrouble) {
  auto client = site.login("bob");
  site.accounts().close_idle();
  const store::ExclusiveLock alone(site.folder(2));
  EXPECT_TRUE(has(client->send("a SELECT INBOX\r\n"), "a NO [UNAVAILABLE]"));
  EXPECT_TRUE(has(client->send(append_command("b", "INBOX", "x: y\n")),
                  "b NO [UNAVAILABLE]"));
  EXPECT_TRUE(has(client->send("c NOOP\r\n"), "c OK"));
}

TEST_F(ImapVisitTest, EndsWhenItsAccountIsGone) {
  auto client = site.login("bob");
  site.lose_account(2);
  const std::string answer = client->send("a LIST \"\" *\r\nb NOOP\r\n");
  EXPECT_TRUE(has(answer, "a NO"));
  EXPECT_TRUE(has(answer, "* BYE the account is gone"));
  EXPECT_FALSE(has(answer, "b OK"));
  EXPECT_TRUE(client->closed());
}

TEST_F(ImapVisitTest, NeverGivesAUidvalidityTwice) {
  auto client = site.login("alice");
  std::set<std::string> seen;
  for (int i = 0; i < 5; ++i) {  // within a second
    client->send("a CREATE Again\r\n");
    seen.insert(client->send("b STATUS Again (UIDVALIDITY)\r\n"));
    client->send("c DELETE Again\r\n");
  }
  EXPECT_EQ(seen.size(), 5u);
}

TEST_F(ImapVisitTest, NeverShowsOneUserAnothersMail) {
  auto alice = site.login("alice");
  alice->send("a CREATE Secret\r\n");
  auto bob = site.login("bob");
  EXPECT_FALSE(has(bob->send("b LIST \"\" *\r\n"), "Secret"));
  EXPECT_TRUE(has(bob->send("c SELECT Secret\r\n"), "c NO [NONEXISTENT]"));
  EXPECT_TRUE(has(bob->send("d SELECT ../1/INBOX\r\n"), "d NO"));
}

TEST_F(ImapVisitTest, EndsWhenItsMailboxIsDeleted) {
  auto one = site.login("alice");
  auto two = site.login("alice");
  one->send("a CREATE Box\r\na SELECT Box\r\n");
  two->send("b DELETE Box\r\n");
  EXPECT_TRUE(has(one->send("c NOOP\r\n"), "* BYE"));
  EXPECT_TRUE(one->closed());
}

TEST_F(ImapVisitTest, TellsAboutManyChangesWhateverTheOrder) {
  auto one = site.login("alice");
  auto two = site.login("alice");
  for (int i = 0; i < 60; ++i) {
    one->send(append_command("a", "INBOX", "n: " + std::to_string(i) + "\n"));
  }
  one->send("b SELECT INBOX\r\n");
  two->send("b SELECT INBOX\r\n");
  // Odd ones go; what is left is seen by both alike.
  std::string set = "1";
  for (int i = 3; i < 60; i += 2) set += ',' + std::to_string(i);
  two->send("c STORE " + set + " +FLAGS.SILENT (\\Deleted)\r\n");
  EXPECT_TRUE(has(two->send("d EXPUNGE\r\n"), "* 59 EXPUNGE"));
  const std::string news = one->send("e NOOP\r\n");
  EXPECT_LT(news.find("* 59 EXPUNGE"), news.find("* 1 EXPUNGE"));
  EXPECT_EQ(one->send("f FETCH 1:* UID\r\n"), two->send("f FETCH 1:* UID\r\n"));
  EXPECT_TRUE(has(one->send("g FETCH 30 UID\r\n"), "* 30 FETCH (UID 60)"));
}

TEST_F(ImapVisitTest, BuildsItsViewAgainFromTheMark) {
  auto one = site.login("alice");
  auto two = site.login("alice");
  for (int i = 0; i < 3; ++i) one->send(append_command("a", "INBOX", "n: 1\n"));
  one->send("b SELECT INBOX\r\n");  // has no list of UIDs yet
  two->send("b SELECT INBOX\r\n");
  two->send("c STORE 1 +FLAGS (\\Deleted)\r\n");
  two->send("d EXPUNGE\r\n");
  two->send(append_command("e", "INBOX", "n: 4\n"));
  const std::string old = one->send("f FETCH 1:3 UID\r\n");
  EXPECT_TRUE(has(old, "* 1 FETCH (UID 1)"));
  EXPECT_TRUE(has(old, "* 3 FETCH (UID 3)"));
  EXPECT_TRUE(has(one->send("g FETCH 4 UID\r\n"), "g BAD"));
  const std::string now = one->send("h NOOP\r\n");
  EXPECT_TRUE(has(now, "* 1 EXPUNGE\r\n"));
  EXPECT_TRUE(has(now, "* 3 EXISTS\r\n"));
}

// Expunged rows live for 24 hours (STORE.md); who was not told by then cannot
// be told any more.
TEST_F(ImapVisitTest, AViewOlderThanADayEndsWithBye) {
  auto one = site.login("alice");
  auto other = site.login("alice");
  for (int i = 0; i < 3; ++i) {
    one->send(append_command("a", "INBOX", message(1)));
  }
  one->send("b SELECT INBOX\r\n");
  other->send("b SELECT INBOX\r\n");
  other->send("c STORE 2 +FLAGS.SILENT (\\Deleted)\r\n");
  other->send("d EXPUNGE\r\n");
  const auto account = site.accounts().open(1);
  const auto pass = [&](Micros span) {
    db::Database mail(site.folder(1) + "/mail.db", db::Mode::Existing);
    mail.statement("UPDATE expunged SET time = time - ?").run(span);
    account->maintain();
  };
  pass(23 * kHour);
  EXPECT_TRUE(has(one->send("e FETCH 2 UID\r\n"), "* 2 FETCH (UID 2)"));
  pass(2 * kHour);
  const auto told = one->send("f NOOP\r\n");
  EXPECT_TRUE(has(told, "* BYE")) << told;
  EXPECT_TRUE(one->closed());
  EXPECT_TRUE(has(other->send("g NOOP\r\n"), "g OK"));
  EXPECT_TRUE(
      has(site.login("alice")->send("h SELECT INBOX\r\n"), "* 2 EXISTS"));
}

// Of a large message the fields are read from where they lie, in pieces.
TEST_F(ImapVisitTest, ChoosesFieldsOfAVeryLongHeader) {
  site.message_size = 20 << 20;
  auto client = site.login("alice");
  std::string text = "Subject: long\r\n", odd = "Subject: long\r\n";
  for (int i = 0; i < 50; ++i) {
    const std::string field =
        "X-" + std::to_string(i % 2) + ": " + std::string(100'000, 'a') + "\r\n";
    text += field;
    if (i % 2) odd += field;
  }
  const std::string nested =
      "Content-Type: message/rfc822\r\n\r\n" + text + "\r\nx\r\n";
  for (const std::string& one : {text + "\r\nbody\r\n", nested}) {
    EXPECT_TRUE(has(client->send(append_command("a", "INBOX", one)), "a OK"));
  }
  client->send("b SELECT INBOX\r\n");
  const auto fetch = [&](const std::string& what) {
    return client->send("c FETCH " + what + "\r\n");
  };
  EXPECT_EQ(literal(fetch("1 BODY.PEEK[HEADER.FIELDS (subject)]")),
            "Subject: long\r\n\r\n");
  EXPECT_EQ(literal(fetch("1 BODY.PEEK[HEADER.FIELDS.NOT (X-0)]")),
            odd + "\r\n");
  EXPECT_EQ(literal(fetch("2 BODY.PEEK[1.HEADER.FIELDS.NOT (X-0)]")),
            odd + "\r\n");
  EXPECT_EQ(literal(fetch("1 BODY.PEEK[HEADER.FIELDS.NOT (X-0)]<5.250000>")),
            odd.substr(5, 250'000));
  EXPECT_TRUE(has(fetch("1 (BODY.PEEK[HEADER.FIELDS (Date)] UID)"),
                  "{2}\r\n\r\n UID 1)\r\nc OK"));
  std::filesystem::remove_all(site.folder(1) + "/msg");
  const std::string lost = fetch("1 (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
  EXPECT_TRUE(has(lost, "* 1 FETCH (UID 1)\r\n")) << lost.substr(0, 200);
  EXPECT_TRUE(has(lost, "c NO [CORRUPTION]"));
}

TEST_F(ImapVisitTest, SaysGoodbyeToTheSilent) {
  auto patient = site.login("alice");
  EXPECT_GE(patient->waits().at_most, std::chrono::minutes(30));
  EXPECT_EQ(patient->wait(), "");  // too early: goes on waiting
  EXPECT_FALSE(patient->closed());

  Site brisk;
  brisk.timeout = std::chrono::milliseconds(1);
  auto silent = brisk.login("alice");
  silent->send("a IDLE\r\n");
  usleep(2000);
  EXPECT_TRUE(has(silent->wait(), "* BYE"));
  EXPECT_TRUE(silent->closed());
}

// However it spreads its bytes, a client must end its command.
TEST_F(ImapVisitTest, AByteNowAndThenDoesNotKeepACommandOpenForEver) {
  using std::chrono::milliseconds;
  Site brisk;
  brisk.timeout = milliseconds(20);
  for (const std::string begin :
       {"a NOO", "a APPEND INBOX {90000}\r\n", "a STATUS {90000}\r\n",
        "a IDLE\r\nDO", "a CREATE {3000000+}\r\n"}) {
    auto client = brisk.login("alice");
    client->send(begin);
    const Micros start = steady_time();
    while (client->waits().at_most > milliseconds(1)) {
      client->send("x");
      ::usleep(2'500);  // less than 500 octets a second
      ASSERT_LT(steady_time() - start, 20 * kSecond) << begin;
    }
    EXPECT_GE(steady_time() - start, 18'000) << begin;
    ::usleep(2'000);
    EXPECT_TRUE(has(client->wait(), "* BYE")) << begin;
    EXPECT_TRUE(client->closed());
  }
}

// 500 octets a second give it time beyond that; so does each command's end.
TEST_F(ImapVisitTest, ALongLiteralHasTheTimeItTakes) {
  using std::chrono::milliseconds;
  Site brisk;
  brisk.timeout = milliseconds(20);
  auto client = brisk.login("alice");
  client->send("a APPEND INBOX {200001}\r\n" + std::string(100'000, 'x'));
  auto other = brisk.login("alice");
  other->send("b NO");
  const Micros start = steady_time();
  while (steady_time() - start < 60'000) {
    client->send("y");
    EXPECT_TRUE(has(other->send("OP\r\nb NO"), "b OK"));
    EXPECT_GT(other->waits().at_most, milliseconds(15));
  }
  EXPECT_GE(client->waits().at_most, milliseconds(20));
  EXPECT_FALSE(client->closed());
}

TEST_F(ImapVisitTest, EndsWithItsPeer) {
  auto client = site.login("alice");
  client->send("a SELECT INBOX\r\nb IDLE\r\n");
  client->finish();
  EXPECT_TRUE(client->closed());
}

TEST_F(ImapVisitTest, EndsAnIdleWhenTheAccountIsGone) {
  auto client = site.login("alice");
  client->send("a SELECT INBOX\r\nb IDLE\r\n");
  site.lose_account(1);
  for (int i = 0; i < 2000 && !client->awake(); ++i) usleep(1000);
  EXPECT_TRUE(has(client->woken(), "* BYE"));
  EXPECT_TRUE(client->closed());
}

TEST_F(ImapVisitTest, StopsWithinAnIdleWhenTheServerDoes) {
  auto client = site.login("alice");
  client->send("a SELECT INBOX\r\nb IDLE\r\n");
  EXPECT_TRUE(has(client->farewell(), "* BYE"));
}

}  // namespace
}  // namespace mail::imap
