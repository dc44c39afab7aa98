#include "smtp/session.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include "base/base64.h"
#include "smtp/trouble.h"
#include "tests/support/smtp_house.h"

namespace mail::smtp {
namespace {

struct SmtpSessionTest : testing::Test {
  // A conversation that has come as far as EHLO.
  std::string open(std::string_view listener,
                   std::string_view address = "198.51.100.1") {
    peer = house.connect(listener, address);
    peer->greet();
    return say(listener == "lmtp" ? "LHLO client.example"
                                  : "EHLO client.example");
  }
  std::string say(const std::string& line) { return peer->send(line + "\r\n"); }
  void secure() {
    say("STARTTLS");
    say("EHLO client.example");
  }
  std::string login() {
    const std::string plain("\0alice@example.test\0secret", 26);
    return say("AUTH PLAIN " + base64_encode(plain));
  }
  // Up to 354.
  std::string transaction(const std::string& from) {
    std::string replies = say("MAIL FROM:<" + from + ">");
    replies += say("RCPT TO:<bob@example.test>");
    return replies += say("DATA");
  }

  SmtpHouse house;
  std::unique_ptr<SessionDriver> peer;
};

TEST_F(SmtpSessionTest, AnswersAPipelineInOrder) {
  open("smtp");
  const std::string replies = peer->send(
      "MAIL FROM:<a@client.example>\r\nRCPT TO:<bob@example.test>\r\n"
      "RCPT TO:<nobody@example.test>\r\nDATA\r\n");
  EXPECT_EQ(replies,
            "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n"
            "550 5.1.1 No such mailbox here\r\n"
            "354 End data with <CR><LF>.<CR><LF>\r\n");
  const std::string done =
      peer->send("Subject: x\r\n\r\nhello\r\n.\r\nQUIT\r\n");
  EXPECT_TRUE(done.starts_with("250 2.0.0 Ok: queued as " + house.ids()[0]));
  EXPECT_TRUE(peer->closed());
}

// However it spreads its bytes, a peer must end its message.
TEST_F(SmtpSessionTest, AByteNowAndThenDoesNotKeepAMessageOpenForEver) {
  using std::chrono::milliseconds;
  house.rules.timeout = milliseconds(20);
  for (const std::string begin : {"DATA\r\n", "BDAT 900000000\r\n"}) {
    open("smtp");
    say("MAIL FROM:<a@client.example>");
    say("RCPT TO:<bob@example.test>");
    peer->send(begin);
    EXPECT_GT(peer->waits().at_most, milliseconds(0));
    const auto start = std::chrono::steady_clock::now();
    while (peer->waits().at_most > milliseconds(0)) {
      peer->send("x");
      ::usleep(2'500);  // less than 500 octets a second
      ASSERT_LT(std::chrono::steady_clock::now() - start,
                std::chrono::seconds(20));
    }
    EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(60));
    EXPECT_TRUE(peer->wait().starts_with("421 4.4.2"));
    EXPECT_TRUE(peer->closed());
  }
}

// 500 octets a second give it time beyond that.
TEST_F(SmtpSessionTest, ABigMessageHasTheTimeItTakes) {
  using std::chrono::milliseconds;
  house.rules.timeout = milliseconds(20);
  open("smtp");
  transaction("a@client.example");
  peer->send(std::string(200'000, 'x'));
  const auto start = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - start < milliseconds(80)) {
    peer->send("y");
  }
  EXPECT_EQ(peer->waits().at_most, milliseconds(20));
}

TEST_F(SmtpSessionTest, ALineThatIsTooLongIsReadOverForALimitedTime) {
  using std::chrono::milliseconds;
  house.rules.timeout = milliseconds(10);
  open("smtp");
  EXPECT_TRUE(peer->send(std::string(5000, 'x')).starts_with("500"));
  int sent = 0;
  while (peer->waits().at_most > milliseconds(0) && ++sent < 1'000) {
    peer->send("x");
    ::usleep(2'500);
  }
  EXPECT_LT(sent, 1'000);
  EXPECT_TRUE(peer->wait().starts_with("421"));
}

// RFC 3461: for users and for the networks that may relay.
TEST_F(SmtpSessionTest, KeepsWhatIsToBeReported) {
  EXPECT_EQ(open("smtp").find("DSN"), std::string::npos);
  EXPECT_EQ(open("lmtp").find("DSN"), std::string::npos);
  EXPECT_NE(open("submission").find("250-DSN\r\n"), std::string::npos);
  EXPECT_NE(open("smtp", "192.0.2.7").find("250-DSN\r\n"),
            std::string::npos);
  say("MAIL FROM:<a@client.example> RET=full ENVID=a+2Bb");
  say("RCPT TO:<bob@example.test> NOTIFY=never");
  say("RCPT TO:<x@far.example> NOTIFY=success ORCPT=rfc822;x@far.example");
  say("DATA");
  peer->send("Subject: x\r\n\r\nhello\r\n.\r\n");
  const auto envelope = house.stored().envelope;
  EXPECT_EQ(envelope.ret, "FULL");
  EXPECT_EQ(envelope.envid, "a+2Bb");
  ASSERT_EQ(envelope.recipients.size(), 2u);
  EXPECT_EQ(envelope.recipients[0].notify, "NEVER");
  EXPECT_EQ(envelope.recipients[1].notify, "SUCCESS");
  EXPECT_EQ(envelope.recipients[1].orcpt, "rfc822;x@far.example");
}

TEST_F(SmtpSessionTest, OffersReportsOnceAUserIsIn) {
  open("smtp");
  secure();
  EXPECT_TRUE(say("MAIL FROM:<alice@example.test> RET=FULL")
                  .starts_with("555"));
  login();
  EXPECT_TRUE(say("MAIL FROM:<alice@example.test> RET=FULL")
                  .starts_with("250"));
}

TEST_F(SmtpSessionTest, SaysWhereTheMessageCameFrom) {
  open("smtp");
  transaction("a@client.example");
  peer->send("Subject: x\r\n\r\nhello\r\n.\r\n");
  const auto stored = house.stored();
  EXPECT_EQ(SmtpHouse::body(stored.bytes), "Subject: x\r\n\r\nhello\r\n");
  EXPECT_TRUE(stored.bytes.starts_with(
      "Received: from client.example (mx.client.example [198.51.100.1])\r\n"
      "\tby mail.example.test with ESMTP id " + house.ids()[0] + "\r\n"
      "\tfor <bob@example.test>;\r\n\t")) << stored.bytes;
  EXPECT_EQ(stored.envelope.sender, "a@client.example");
  EXPECT_EQ(stored.envelope.client_name, "mx.client.example");
  EXPECT_EQ(stored.envelope.helo, "client.example");
  EXPECT_EQ(stored.envelope.prefix, "") << "only submissions are completed";
}

TEST_F(SmtpSessionTest, TellsTheSchedulerBeforeThePeer) {
  open("smtp");
  transaction("");
  peer->send(".\r\n");
  auto news = house.hub.take();
  if (news.ids.empty()) news = house.hub.take();
  EXPECT_EQ(news.ids, house.ids());
}

TEST_F(SmtpSessionTest, CompletesSubmissions) {
  open("submission");
  secure();
  login();
  transaction("alice@example.test");
  peer->send("Subject: x\r\n\r\nhello\r\n.\r\n");
  const auto stored = house.stored();
  // RFC 5321 4.4: the trace on top, what was missing below it.
  const std::string& prefix = stored.envelope.prefix;
  EXPECT_TRUE(prefix.starts_with("Received: from ")) << prefix;
  EXPECT_NE(prefix.find(" with ESMTPSA "), std::string::npos);
  const auto date = prefix.find("\r\nDate: ");
  const auto id = prefix.find("\r\nMessage-ID: <");
  EXPECT_NE(date, std::string::npos);
  EXPECT_NE(id, std::string::npos);
  EXPECT_LT(date, id);
  EXPECT_TRUE(stored.bytes.starts_with("Subject: x\r\n")) << stored.bytes;
  EXPECT_EQ(stored.envelope.account, 1u);
  EXPECT_EQ(peer->account, 1u);
}

TEST_F(SmtpSessionTest, LeavesACompleteSubmissionAsItIs) {
  open("submission");
  secure();
  login();
  transaction("alice@example.test");
  peer->send("date: x\r\nMESSAGE-ID: <x@y>\r\n\r\nhello\r\n.\r\n");
  const auto stored = house.stored();
  EXPECT_TRUE(stored.bytes.starts_with("date: x\r\n")) << stored.bytes;
  EXPECT_TRUE(stored.envelope.prefix.starts_with("Received: "));
  EXPECT_EQ(stored.envelope.prefix.find("\r\nDate:"), std::string::npos);
  EXPECT_EQ(stored.envelope.prefix.find("Message-ID:"), std::string::npos);
}

TEST_F(SmtpSessionTest, RepairsTheNewlinesOfUsersAndOfNobodyElse) {
  open("submission");
  secure();
  login();
  transaction("alice@example.test");
  EXPECT_TRUE(peer->send("a\nb\rc\r\n.\r\n").starts_with("250"));
  EXPECT_EQ(house.stored().bytes, "a\r\nb\r\nc\r\n");
  open("smtp");
  transaction("a@client.example");
  EXPECT_TRUE(peer->send("a\nb\r\n.\r\n").starts_with("550 5.5.2"));
}

TEST_F(SmtpSessionTest, SmuggledCommandsStayInTheMessage) {
  for (const std::string end : {"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r"}) {
    open("smtp");
    transaction("a@client.example");
    const auto reply = peer->send(
        "x\r\n" + end + "MAIL FROM:<eve@client.example>\r\n"
        "RCPT TO:<bob@example.test>\r\nDATA\r\nevil\r\n.\r\n");
    EXPECT_EQ(reply, "550 5.5.2 A bare CR or LF: lines end with CR LF\r\n");
  }
  EXPECT_EQ(house.stored().bytes, "");
}

TEST_F(SmtpSessionTest, TheSizeLimitHoldsWhileReceiving) {
  house.rules.message_size = 1000;
  open("smtp");
  EXPECT_TRUE(say("MAIL FROM:<> SIZE=1001").starts_with("552 5.3.4"));
  transaction("");
  EXPECT_EQ(peer->send(std::string(2000, 'x')), "");
  EXPECT_EQ(open_file(house.dir.path() + "/in/" +
                          spool::shard(house.ids()[0]) + "/" + house.ids()[0],
                      O_RDONLY).size(), 0);
  EXPECT_EQ(peer->send("\r\n.\r\n"), "552 5.3.4 The message is too large\r\n");
  EXPECT_TRUE(say("NOOP").starts_with("250"));
}

TEST_F(SmtpSessionTest, AMessageWithoutEndIsNotReadForEver) {
  house.rules.message_size = 1000;
  for (const std::string begin : {"DATA\r\n", "BDAT 999999999999\r\n"}) {
    open("smtp");
    say("MAIL FROM:<>");
    say("RCPT TO:<bob@example.test>");
    peer->send(begin);
    const std::string piece(1 << 20, 'x');
    std::string answer;
    int pieces = 0;
    for (; answer.empty() && pieces < 100; ++pieces) {
      answer = peer->send(piece);
    }
    EXPECT_EQ(answer, "552 5.3.4 The message is too large by far\r\n");
    EXPECT_EQ(pieces, 65);
  }
}

TEST_F(SmtpSessionTest, TakesAMessageOfExactlyTheLimit) {
  house.rules.message_size = 1000;
  open("smtp");
  transaction("");
  EXPECT_TRUE(peer->send(".." + std::string(997, 'x') + "\r\n.\r\n")
                  .starts_with("250"));
}

TEST_F(SmtpSessionTest, StopsWhatGoesInCircles) {
  house.rules.hops = 3;
  open("smtp");
  transaction("");
  EXPECT_TRUE(peer->send("Received: a\r\nReceived: b\r\nReceived: c\r\n\r\n"
                         "Received: d\r\n.\r\n").starts_with("250"));
  transaction("");
  EXPECT_TRUE(peer->send("Received: a\r\nReceived: b\r\nReceived: c\r\n"
                         "Received: d\r\n\r\n.\r\n").starts_with("554 5.4.6"));
}

TEST_F(SmtpSessionTest, LmtpAnswersForEachRecipient) {
  open("lmtp", "");
  say("MAIL FROM:<>");
  say("RCPT TO:<alice@example.test>");
  say("RCPT TO:<nobody@example.test>");
  say("RCPT TO:<bob@example.test>");
  say("DATA");
  const auto reply = peer->send("x\r\n.\r\n");
  EXPECT_EQ(std::ranges::count(reply, '\n'), 2);
  EXPECT_EQ(house.stored().envelope.protocol, "LMTP");
  EXPECT_TRUE(house.stored().bytes.starts_with(
      "Received: from client.example\r\n\tby "));
}

TEST_F(SmtpSessionTest, TakesChunks) {
  open("smtp");
  EXPECT_TRUE(peer->send("BDAT 3\r\nabc").starts_with("503"));
  say("MAIL FROM:<>");
  say("RCPT TO:<bob@example.test>");
  EXPECT_EQ(peer->send("BDAT 3\r\nab\r"), "250 2.0.0 Octets taken\r\n");
  EXPECT_TRUE(say("DATA").starts_with("503"));
  EXPECT_EQ(peer->send("BDAT 3\r\n\n.\r"), "250 2.0.0 Octets taken\r\n");
  EXPECT_TRUE(peer->send("BDAT 2 LAST\r\n\nx").starts_with("250 2.0.0 Ok"));
  EXPECT_EQ(SmtpHouse::body(house.stored().bytes), "ab\r\n.\r\nx\r\n");
  EXPECT_FALSE(house.stored().envelope.has_8bit);
  EXPECT_TRUE(house.stored().envelope.has_leading_dot);
}

TEST_F(SmtpSessionTest, AnEmptyLastChunkEndsTheMessage) {
  open("smtp");
  say("MAIL FROM:<>");
  say("RCPT TO:<bob@example.test>");
  peer->send("BDAT 3\r\na\r\n");
  EXPECT_TRUE(say("BDAT 0 LAST").starts_with("250 2.0.0 Ok: queued"));
  EXPECT_TRUE(say("MAIL FROM:<>").starts_with("250"));
}

TEST_F(SmtpSessionTest, ARefusedChunkIsReadOver) {
  house.rules.message_size = 10;
  open("smtp");
  say("MAIL FROM:<>");
  say("RCPT TO:<bob@example.test>");
  const std::string chunk = "BDAT 20\r\nMAIL FROM:<x@y.z>\r\n\r";
  EXPECT_TRUE(peer->send(chunk).starts_with("552 5.3.4"));
  EXPECT_TRUE(peer->send("BDAT 1\r\nx").starts_with("552 5.3.4"));
  EXPECT_TRUE(say("RSET").starts_with("250"));
  EXPECT_TRUE(say("MAIL FROM:<>").starts_with("250"));
}

TEST_F(SmtpSessionTest, TlsForgetsWhatWasSaidBefore) {
  EXPECT_NE(open("smtp").find("STARTTLS"), std::string::npos);
  say("MAIL FROM:<>");
  EXPECT_TRUE(say("STARTTLS").starts_with("503"));
  say("RSET");
  EXPECT_TRUE(say("STARTTLS").starts_with("220"));
  EXPECT_TRUE(peer->secure());
  EXPECT_TRUE(say("MAIL FROM:<>").starts_with("503"));
  const auto again = say("EHLO client.example");
  EXPECT_EQ(again.find("STARTTLS"), std::string::npos);
  EXPECT_NE(again.find("AUTH STEPS-PLUS STEPS PLAIN"), std::string::npos);
}

TEST_F(SmtpSessionTest, SubmissionNeedsALogin) {
  EXPECT_EQ(open("submission").find("AUTH"), std::string::npos);
  EXPECT_TRUE(say("MAIL FROM:<>").starts_with("530 5.7.0 Say STARTTLS"));
  EXPECT_TRUE(login().starts_with("538 5.7.11"));
  secure();
  EXPECT_TRUE(say("MAIL FROM:<>").starts_with("530 5.7.0 Auth"));
  EXPECT_TRUE(login().starts_with("235 2.7.0"));
  EXPECT_TRUE(login().starts_with("503"));
  EXPECT_TRUE(say("MAIL FROM:<bob@example.test>").starts_with("553 5.7.1"));
  EXPECT_TRUE(say("MAIL FROM:<>").starts_with("250"));
  EXPECT_TRUE(say("RCPT TO:<x@elsewhere.example>").starts_with("250"));
}

TEST_F(SmtpSessionTest, GoesThroughTheStepsOfAMechanism) {
  open("submission");
  secure();
  EXPECT_EQ(say("AUTH STEPS"), "334 " + base64_encode("one") + "\r\n");
  EXPECT_EQ(say(base64_encode("1")), "334 " + base64_encode("last") + "\r\n");
  EXPECT_TRUE(say("").starts_with("235 2.7.0"));
}

TEST_F(SmtpSessionTest, AClientMayGiveUpAnExchange) {
  open("submission");
  secure();
  say("AUTH STEPS");
  EXPECT_TRUE(say("*").starts_with("501 5.7.0"));
  EXPECT_EQ(house.authority.cancelled, 1);
  say("AUTH STEPS");
  EXPECT_TRUE(say("not base64!").starts_with("501 5.5.2"));
  EXPECT_TRUE(say("NOOP").starts_with("250"));
  say("AUTH STEPS");
  peer.reset();
  EXPECT_EQ(house.authority.cancelled, 3);
}

TEST_F(SmtpSessionTest, AFailureIsToldLate) {
  open("submission");
  secure();
  EXPECT_TRUE(say("AUTH PLAIN AGEAYg==").starts_with("535 5.7.8"));
  EXPECT_EQ(peer->delayed(), std::chrono::seconds(2));
  for (int i = 0; i < 3; ++i) say("AUTH PLAIN AGEAYg==");
  EXPECT_TRUE(say("AUTH PLAIN AGEAYg==").starts_with("421"));
  EXPECT_TRUE(peer->closed());
}

TEST_F(SmtpSessionTest, SaysWhenItCannotLetAnyoneIn) {
  open("submission");
  secure();
  house.authority.away = true;
  EXPECT_TRUE(login().starts_with("454 4.7.0"));
  house.authority.away = false;
  EXPECT_TRUE(say("AUTH NOVEL").starts_with("504 5.5.4"));
  peer->account_full = true;
  EXPECT_TRUE(login().starts_with("421 4.7.0"));
  EXPECT_TRUE(peer->closed());
}

TEST_F(SmtpSessionTest, ClosesBehindTooManyMistakes) {
  open("smtp");
  std::string replies;
  for (int i = 0; i < 20; ++i) replies += say("NONSENSE");
  EXPECT_NE(replies.find("421 4.7.0"), std::string::npos);
  EXPECT_TRUE(peer->closed());
}

TEST_F(SmtpSessionTest, ALineThatIsTooLongIsRefusedAndReadOver) {
  open("smtp");
  EXPECT_TRUE(say("NOOP " + std::string(5000, 'x')).starts_with("500 5.5.2"));
  EXPECT_TRUE(say("NOOP").starts_with("250"));
  std::string replies;
  for (int i = 0; i < 100 && !peer->closed(); ++i) {
    replies += peer->send(std::string(10'000, 'E'));
  }
  EXPECT_TRUE(peer->closed());
  EXPECT_NE(replies.find("421 4.7.0"), std::string::npos);
}

TEST_F(SmtpSessionTest, CommandsEndWithCrLf) {
  open("smtp");
  EXPECT_TRUE(peer->send("NOOP\n").starts_with("500 5.5.2"));
  EXPECT_TRUE(peer->send("NOOP a\rb\r\n").starts_with("500 5.5.2"));
  EXPECT_TRUE(say("NOOP").starts_with("250"));
}

TEST_F(SmtpSessionTest, TakesNoBrowserForAClient) {
  peer = house.connect("smtp");
  peer->greet();
  EXPECT_TRUE(say("POST / HTTP/1.1").starts_with("421"));
  EXPECT_TRUE(peer->closed());
}

TEST_F(SmtpSessionTest, LetsGoOfTheSilentAndSaysGoodbye) {
  open("smtp");
  EXPECT_EQ(peer->waits().at_most, std::chrono::seconds(300));
  EXPECT_TRUE(peer->farewell().starts_with("421 4.3.2"));
  open("smtp");
  EXPECT_TRUE(peer->wait().starts_with("421 4.4.2"));
  EXPECT_TRUE(peer->closed());
}

TEST_F(SmtpSessionTest, AnInterruptedMessageIsNotTaken) {
  open("smtp");
  transaction("");
  peer->send("x\r\n");
  peer->finish();
  peer.reset();
  EXPECT_EQ(house.stored().bytes, "");
}

// No file may grow over this while it lives.
struct FileLimit {
  explicit FileLimit(rlim_t size) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit limit{size, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() { ::setrlimit(RLIMIT_FSIZE, &before); }
  rlimit before{};
};

TEST_F(SmtpSessionTest, TroubleWithTheDiskIsToldAtTheEndOfData) {
  open("smtp");
  for (const std::size_t size : {300u, 300'000u}) {
    const FileLimit limit(200);
    transaction("");
    EXPECT_EQ(peer->send(std::string(size, 'x')), "");
    EXPECT_EQ(peer->send("\r\n.\r\n"),
              "451 4.3.0 Trouble here; try again later\r\n");
  }
  for (const auto& id : house.ids()) {
    EXPECT_EQ(read_file(house.dir.path() + "/in/" + spool::shard(id) + "/" +
                        id), "");
  }
  transaction("");
  EXPECT_TRUE(peer->send("x\r\n.\r\n").starts_with("250"));
}

TEST_F(SmtpSessionTest, MissingSpaceIsA452) {
  const auto reply = trouble_in("DATA", [] { throw NoSpace("write"); });
  EXPECT_EQ(reply.value().code(), 452);
  EXPECT_EQ(trouble_in("DATA", [] { throw Fault("x"); }).value().code(), 451);
  EXPECT_FALSE(trouble_in("DATA", [] {}));
}

// Whatever the pieces, the replies and the file are the same.
TEST_F(SmtpSessionTest, ItDoesNotMatterHowTheStreamIsCut) {
  const std::string stream =
      "EHLO client.example\r\nMAIL FROM:<a@client.example> BODY=8BITMIME\r\n"
      "RCPT TO:<bob@example.test>\r\nDATA\r\nDate: x\r\n\r\n..dot\r\n.x\r\n"
      "\xc3\xa9\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\n"
      "BDAT 5\r\n.\r\n.\rBDAT 4 LAST\r\n\nx\r\nNOOP\r\nQUIT\r\n";
  const auto run = [&](std::size_t size) {
    peer = house.connect("smtp");
    std::string replies = peer->greet();
    for (std::size_t at = 0; at < stream.size(); at += size) {
      replies += peer->send(stream.substr(at, size));
    }
    // Ids differ, and two of one millisecond have no order.
    std::string bodies;
    for (std::size_t at; (at = replies.find("as ")) != replies.npos;) {
      const std::string id = replies.substr(at + 3, 26);
      bodies += SmtpHouse::body(house.stored_as(id).bytes);
      replies.replace(at, 29, "id");
    }
    return replies + bodies;
  };
  const std::string whole = run(stream.size());
  EXPECT_NE(whole.find(".\r\n.\r\nx\r\n"), std::string::npos) << whole;
  for (const std::size_t size : {1u, 2u, 3u, 5u, 7u, 11u, 64u, 100u}) {
    EXPECT_EQ(run(size), whole) << size;
  }
}

}  // namespace
}  // namespace mail::smtp
