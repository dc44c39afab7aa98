#include "relay/session.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/base64.h"
#include "base/file.h"
#include "tests/support/temp_dir.h"
#include "tests/support/text_wire.h"

namespace mail::relay {
namespace {

using std::string_literals::operator""s;
using Outcome = Verdict::Outcome;

constexpr std::string_view kGreeting = "220 mx.test\r\n";

struct SessionTest : testing::Test {
  // A session over these texts, opened; `offers` are EHLO's lines.
  std::optional<Verdict> open(std::string_view offers,
                              std::deque<std::string> more = {}) {
    more.push_front("250-mx.test\r\n" + std::string(offers) + "250 X\r\n");
    more.push_front(std::string(kGreeting));
    return begin(std::move(more));
  }
  std::optional<Verdict> begin(std::deque<std::string> texts) {
    wire = std::make_unique<TextWire>(std::move(texts));
    wire->handshake_works = handshake_works;
    wire->is_local = is_local;
    wire->files = files;
    session = std::make_unique<Session>(
        *wire, Session::Setup{hop, "mx.test", "us.test", {}, credentials,
                              encryption, proof});
    return session->open();
  }

  std::vector<std::optional<Verdict>> carry() {
    replace_file(dir.path() + "/mail", mail, 0600);
    const Fd file = open_file(dir.path() + "/mail", O_RDONLY);
    transaction.length = static_cast<std::int64_t>(mail.size());
    wire->sent.clear();
    return session->carry(transaction, file).verdicts;
  }
  // The outcomes: D, T, P, or - for none.
  static std::string signs(const std::vector<std::optional<Verdict>>& all) {
    std::string text;
    for (const auto& one : all) {
      text += !one ? '-' : "DTP"[static_cast<int>(one->outcome)];
    }
    return text;
  }

  TempDir dir;
  Hop hop;
  std::string mail = "Subject: x\r\n\r\nbody\r\n";
  Transaction transaction{.sender = "a@x.test",
                          .recipients = {{"b@y.test", "", ""},
                                         {"c@y.test", "", ""}}};
  const Credentials* credentials = nullptr;
  Session::Encryption encryption = Session::Encryption::WhenOffered;
  Proof proof = Proof::None;
  bool handshake_works = true;
  bool is_local = false;
  bool files = false;
  std::unique_ptr<TextWire> wire;
  std::unique_ptr<Session> session;
};

TEST_F(SessionTest, SaysHeloWhereEhloIsUnknown) {
  EXPECT_FALSE(begin({std::string(kGreeting), "500 what\r\n", "250 mx\r\n"}));
  EXPECT_EQ(wire->all(), "EHLO us.test\r\nHELO us.test\r\n");
  EXPECT_TRUE(session->usable());
}

TEST_F(SessionTest, AGreetingThatIsNoWelcomeIsAReason) {
  EXPECT_EQ(begin({"554 5.7.1 go\r\n"})->outcome, Outcome::Permanent);
  EXPECT_EQ(begin({"421 4.7.0 busy\r\n"})->code, 421);
  EXPECT_TRUE(session->turned_away());
  EXPECT_EQ(begin({"354 x\r\n"})->outcome, Outcome::Temporary);
  EXPECT_EQ(begin({"hello\r\n"})->outcome, Outcome::Temporary);
  EXPECT_EQ(begin({})->outcome, Outcome::Temporary);
  EXPECT_TRUE(session->turned_away());
}

TEST_F(SessionTest, AServerOfOurNameIsALoop) {
  const auto why = begin({"220 x\r\n", "250 US.test\r\n"});
  ASSERT_TRUE(why);
  EXPECT_EQ(why->enhanced, "5.4.6");
  hop.kind = Hop::Kind::Host;
  EXPECT_FALSE(begin({"220 x\r\n", "250 us.test\r\n"}));
}

TEST_F(SessionTest, EncryptsWhenOfferedAndAsksAgain) {
  EXPECT_FALSE(open("250-STARTTLS\r\n250-SIZE 5\r\n",
                    {"220 go\r\n", "250 mx.test\r\n"}));
  EXPECT_EQ(wire->all(),
            "EHLO us.test\r\nSTARTTLS\r\n(TLS)EHLO us.test\r\n");
}

TEST_F(SessionTest, BytesBehindStarttlsAreNotBelieved) {
  const auto why = open("250-STARTTLS\r\n", {"220 go\r\n250 injected\r\n"});
  ASSERT_TRUE(why);
  EXPECT_TRUE(session->handshake_failed());
  EXPECT_EQ(wire->all().find("(TLS)"), std::string::npos);
}

TEST_F(SessionTest, WhatDemandsEncryptionDoesNotGoWithout) {
  hop.tls = Hop::Tls::Required;
  EXPECT_EQ(open("")->enhanced, "4.7.4");
  EXPECT_EQ(open("250-STARTTLS\r\n", {"454 no\r\n"})->outcome,
            Outcome::Temporary);
  handshake_works = false;
  EXPECT_EQ(open("250-STARTTLS\r\n", {"220 go\r\n"})->enhanced, "4.7.5");
  EXPECT_TRUE(session->handshake_failed());
  hop.tls = Hop::Tls::May;
  EXPECT_FALSE(open("250-STARTTLS\r\n", {"454 no\r\n"}));
}

TEST_F(SessionTest, PipelinesATransactionInTwoWrites) {
  open("250-PIPELINING\r\n",
       {"250 a\r\n250 b\r\n550 5.1.1 no\r\n354 go\r\n", "250 2.0.0 ok\r\n"});
  const auto verdicts = carry();
  EXPECT_EQ(signs(verdicts), "DP");
  EXPECT_EQ(verdicts[1]->enhanced, "5.1.1");
  ASSERT_EQ(wire->sent.size(), 2u);
  EXPECT_EQ(wire->sent[0],
            "MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\n"
            "RCPT TO:<c@y.test>\r\nDATA\r\n");
  EXPECT_EQ(wire->sent[1], mail + ".\r\n");
}

TEST_F(SessionTest, WithoutPipeliningEachCommandWaits) {
  open("", {"250 a\r\n", "250 b\r\n", "250 c\r\n", "354 go\r\n", "250 ok\r\n"});
  EXPECT_EQ(signs(carry()), "DD");
  EXPECT_EQ(wire->sent.size(), 5u);
}

TEST_F(SessionTest, ChunksWhereOffered) {
  mail = ".dot\r\nno end";
  transaction.has_leading_dot = true;
  transaction.prefix = "P: 1\r\n";
  open("250-PIPELINING\r\n250-CHUNKING\r\n",
       {"250 a\r\n250 b\r\n250 c\r\n", "250 ok\r\n"});
  EXPECT_EQ(signs(carry()), "DD");
  EXPECT_EQ(wire->sent[1], "BDAT 18 LAST\r\nP: 1\r\n.dot\r\nno end");
}

TEST_F(SessionTest, StuffsDotsAcrossPieces) {
  mail = ".a\r\n..b\r\n" + std::string((64 << 10) - 9 - 2, 'x') +
         "\r\n.across\r\nend";
  transaction.has_leading_dot = true;
  open("250-PIPELINING\r\n",
       {"250 a\r\n250 b\r\n250 c\r\n354 go\r\n", "250 ok\r\n"});
  EXPECT_EQ(signs(carry()), "DD");
  std::string text;
  for (std::size_t i = 1; i < wire->sent.size(); ++i) text += wire->sent[i];
  EXPECT_TRUE(text.starts_with("..a\r\n...b\r\nxx"));
  EXPECT_TRUE(text.ends_with("x\r\n..across\r\nend\r\n.\r\n"));
}

TEST_F(SessionTest, TheKernelSendsWhatNeedsNoChange) {
  files = true;
  mail.assign(3 << 20, 'x');
  mail += "\r\n";
  transaction.prefix = "P: 1\r\n";
  open("250-PIPELINING\r\n",
       {"250 a\r\n250 b\r\n250 c\r\n354 go\r\n", "250 ok\r\n"});
  EXPECT_EQ(signs(carry()), "DD");
  EXPECT_EQ(wire->sent.back(), "P: 1\r\n" + mail + ".\r\n");
}

TEST_F(SessionTest, NothingIsDeliveredBeforeTheLastReply) {
  const std::string all = "250 a\r\n250 b\r\n250 c\r\n";
  const std::string offers = "250-PIPELINING\r\n";
  open(offers, {all});
  EXPECT_EQ(signs(carry()), "--");
  open(offers, {all + "250 sure\r\n"});
  EXPECT_EQ(signs(carry()), "--");
  EXPECT_FALSE(session->usable());
  open(offers, {all + "354 go\r\n250 already\r\n"});
  EXPECT_EQ(signs(carry()), "--");
  open(offers, {all + "354 go\r\n"});
  const auto unknown = carry();
  EXPECT_EQ(signs(unknown), "TT");
  EXPECT_NE(unknown[0]->text.find("may have arrived"), std::string::npos);
  open(offers, {all + "354 go\r\n", "354 more\r\n"});
  EXPECT_EQ(signs(carry()), "TT");
  open(offers, {all + "452 4.3.1 full\r\n"});
  EXPECT_EQ(signs(carry()), "TT");
  open(offers, {all + "354 go\r\n", "554 5.6.0 spam\r\n"});
  EXPECT_EQ(signs(carry()), "PP");
}

TEST_F(SessionTest, EndsDataThatNobodyIsToGet) {
  open("250-PIPELINING\r\n",
       {"250 a\r\n550 b\r\n450 c\r\n354 go\r\n", "554 nobody\r\n", "250 rset\r\n"
        "250 a\r\n250 b\r\n250 c\r\n354 go\r\n", "250 ok\r\n"});
  EXPECT_EQ(signs(carry()), "PT");
  EXPECT_EQ(wire->sent.back(), ".\r\n");
  EXPECT_TRUE(session->usable());
  EXPECT_EQ(signs(carry()), "DD");
  EXPECT_TRUE(wire->sent[0].starts_with("RSET\r\nMAIL")) << wire->sent[0];
}

TEST_F(SessionTest, ARefusedSenderIsEveryRecipientsVerdict) {
  open("250-PIPELINING\r\n",
       {"550 5.7.1 not you\r\n503 b\r\n503 c\r\n503 d\r\n"});
  const auto verdicts = carry();
  EXPECT_EQ(signs(verdicts), "PP");
  EXPECT_EQ(verdicts[1]->enhanced, "5.7.1");
  EXPECT_TRUE(session->usable());
  open("", {"450 later\r\n"});
  EXPECT_EQ(signs(carry()), "TT");
  // Nor does it matter how often it is said, or whether the server stays.
  open("250-PIPELINING\r\n", {"550 5.7.1 not you\r\n421 bye\r\n"});
  EXPECT_EQ(signs(carry()), "PP");
  EXPECT_FALSE(session->usable());
}

TEST_F(SessionTest, AServerThatWantsMailOfASenderItRefusedGetsNone) {
  open("250-PIPELINING\r\n",
       {"450 later\r\n250 b\r\n250 c\r\n354 go\r\n", "250 taken\r\n"});
  EXPECT_EQ(signs(carry()), "TT");
  EXPECT_EQ(wire->sent.size(), 1u);
  EXPECT_FALSE(session->usable());
}

TEST_F(SessionTest, LmtpAnswersForEachRecipient) {
  hop.protocol = Hop::Protocol::Lmtp;
  open("", {"250 a\r\n250 b\r\n250 c\r\n354 go\r\n",
            "250 2.0.0 b\r\n552 5.2.2 full\r\n"});
  EXPECT_TRUE(wire->all().starts_with("LHLO "));
  EXPECT_EQ(signs(carry()), "DP");
  open("", {"250 a\r\n250 b\r\n250 c\r\n354 go\r\n", "250 2.0.0 b\r\n"});
  EXPECT_EQ(signs(carry()), "DT");
  // What is said behind a 421 counts: else the second would get it twice.
  open("", {"250 a\r\n250 b\r\n250 c\r\n354 go\r\n",
            "421 4.2.1 too fast\r\n", "250 2.0.0 c\r\n"});
  const auto verdicts = carry();
  EXPECT_EQ(signs(verdicts), "TD");
  EXPECT_FALSE(verdicts[0]->uncertain);
  EXPECT_FALSE(session->usable());
}

TEST_F(SessionTest, TooManyRecipientsOnceIsTemporary) {
  open("250-PIPELINING\r\n",
       {"250 a\r\n250 b\r\n552 too many\r\n354 go\r\n", "250 ok\r\n"});
  EXPECT_EQ(signs(carry()), "DT");
}

TEST_F(SessionTest, SaysWhatTheServerKnows) {
  transaction.ret = "HDRS";
  transaction.envid = "QQ";
  transaction.has_8bit = true;
  transaction.recipients = {{"b@y.test", "rfc822;o@y", "NEVER"}};
  open("250-SIZE 9999\r\n250-8BITMIME\r\n250-DSN\r\n", {"450 x\r\n"});
  carry();
  EXPECT_EQ(wire->sent[0], "MAIL FROM:<a@x.test> SIZE=20 BODY=8BITMIME "
                           "RET=HDRS ENVID=QQ\r\n");
  open("250-DSN\r\n250-8BITMIME\r\n", {"250 a\r\n", "450 b\r\n"});
  carry();
  EXPECT_EQ(wire->sent[1],
            "RCPT TO:<b@y.test> NOTIFY=NEVER ORCPT=rfc822;o@y\r\n");
}

TEST_F(SessionTest, WhatDoesNotFitIsRefusedWithoutAsking) {
  open("250-SIZE 10\r\n");
  EXPECT_EQ(carry()[0]->enhanced, "5.3.4");
  EXPECT_TRUE(wire->sent.empty());
  transaction.has_8bit = true;
  mail = "Subject: \xc3\xa4\r\n\r\n";
  open("");
  EXPECT_EQ(carry()[0]->enhanced, "5.6.3");
  transaction.smtputf8 = true;
  open("250-8BITMIME\r\n");
  EXPECT_EQ(carry()[0]->enhanced, "5.6.9");
  transaction = {.sender = "\xc3\xa4@x.test",
                 .recipients = {{"b@y.test", "", ""}}};
  open("");
  EXPECT_EQ(carry()[0]->enhanced, "5.6.7");
}

TEST_F(SessionTest, EightBitTextIsConvertedWhereItIsNotTaken) {
  mail = "Content-Type: text/plain; charset=utf-8\r\nMIME-Version: 1.0\r\n"
         "\r\n.\xc3\xa4\r\n";
  const std::string converted =
      "P: 1\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\n=2E=C3=A4\r\n";
  transaction.has_8bit = true;
  transaction.prefix = "P: 1\r\n";
  const std::string size = std::to_string(converted.size());
  open("250-PIPELINING\r\n250-SIZE " + size + "\r\n",
       {"250 a\r\n250 b\r\n250 c\r\n354 go\r\n", "250 ok\r\n"});
  EXPECT_EQ(signs(carry()), "DD");
  EXPECT_TRUE(wire->sent[0].starts_with("MAIL FROM:<a@x.test> SIZE=" + size +
                                        "\r\nRCPT"))
      << wire->sent[0];
  EXPECT_EQ(wire->sent[1], converted + ".\r\n");
  open("250-CHUNKING\r\n", {"250 a\r\n", "250 b\r\n", "250 c\r\n",
                            "250 ok\r\n"});
  EXPECT_EQ(signs(carry()), "DD");
  EXPECT_EQ(wire->sent.back(), "BDAT " + size + " LAST\r\n" + converted);
  // It grows beyond what the server takes.
  open("250-SIZE " + std::to_string(converted.size() - 1) + "\r\n");
  EXPECT_EQ(carry()[0]->enhanced, "5.3.4");
  EXPECT_TRUE(wire->sent.empty());
}

TEST_F(SessionTest, OnlyTheRecipientThatNeedsUtf8IsRefused) {
  transaction.smtputf8 = true;
  transaction.recipients[0].address = "\xc3\xa4@y.test";
  open("", {"250 a\r\n", "250 c\r\n", "354 go\r\n", "250 ok\r\n"});
  const auto verdicts = carry();
  EXPECT_EQ(signs(verdicts), "PD");
  EXPECT_EQ(verdicts[0]->enhanced, "5.6.7");
  open("250-SMTPUTF8\r\n", {"450 later\r\n"});
  carry();
  EXPECT_EQ(wire->sent[0], "MAIL FROM:<a@x.test> SMTPUTF8\r\n");
}

TEST_F(SessionTest, ReportsNameAnAddressInTheFormTheTransactionAllows) {
  const std::string native = "utf-8;gr\xc3\xbcn\\x{2B}x@y";
  const std::string ascii = "utf-8;gr\\x{FC}n\\x{2B}x@y";
  const auto asked = [&](std::string_view offers) {
    open(offers, {"250 a\r\n", "450 b\r\n"});
    carry();
    return wire->sent[1];
  };
  const auto command = [](const std::string& orcpt) {
    return "RCPT TO:<b@y.test> ORCPT=" + orcpt + "\r\n";
  };
  transaction.smtputf8 = true;
  transaction.recipients = {{"b@y.test", native, ""}};
  EXPECT_EQ(asked("250-DSN\r\n"), command(ascii));
  EXPECT_EQ(asked("250-DSN\r\n250-SMTPUTF8\r\n"), command(ascii));
  EXPECT_EQ(wire->sent[0], "MAIL FROM:<a@x.test>\r\n");
  transaction.recipients[0].orcpt = ascii;
  EXPECT_EQ(asked("250-DSN\r\n"), command(ascii));
  transaction.recipients[0].orcpt = "x400;gr\xc3\xbcn";
  EXPECT_EQ(asked("250-DSN\r\n"), "RCPT TO:<b@y.test>\r\n");
  // Four octets each become ten.
  std::string longest = "utf-8;";
  while (longest.size() < 400) longest += "\xf0\x9f\x98\x80";
  transaction.recipients[0].orcpt = longest;
  EXPECT_EQ(asked("250-DSN\r\n"), "RCPT TO:<b@y.test>\r\n");
  transaction.sender = "\xc3\xa4@x.test";
  EXPECT_EQ(asked("250-DSN\r\n250-SMTPUTF8\r\n"), command(longest));
  transaction.recipients[0].orcpt = native;
  EXPECT_EQ(asked("250-DSN\r\n250-SMTPUTF8\r\n"), command(native));
}

TEST_F(SessionTest, NoAddressBecomesACommand) {
  transaction.recipients = {{"b@y.test>\r\nDATA", "", ""},
                            {"c@y.test> NOTIFY=NEVER", "", ""},
                            {"", "", ""},
                            {"\"a b>\"@y.test", "rfc822;x\r\nQUIT", "A B"}};
  open("250-PIPELINING\r\n250-DSN\r\n",
       {"250 a\r\n250 d\r\n354 go\r\n", "250 ok\r\n"});
  EXPECT_EQ(signs(carry()), "PPPD");
  EXPECT_EQ(wire->sent[0], "MAIL FROM:<a@x.test>\r\n"
                           "RCPT TO:<\"a b>\"@y.test>\r\nDATA\r\n");
}

TEST_F(SessionTest, SecretMailWantsProofAndRequiretls) {
  transaction.require_tls = true;
  proof = Proof::Name;
  EXPECT_FALSE(open("250-STARTTLS\r\n", {"220 go\r\n", "250 mx\r\n"}));
  EXPECT_EQ(carry()[0]->enhanced, "5.7.30");
  EXPECT_FALSE(open("250-STARTTLS\r\n",
                    {"220 go\r\n", "250-mx\r\n250 REQUIRETLS\r\n", "450 x\r\n"}));
  carry();
  EXPECT_EQ(wire->sent[0], "MAIL FROM:<a@x.test> REQUIRETLS\r\n");
  proof = Proof::None;
  open("");
  EXPECT_EQ(carry()[0]->enhanced, "5.7.10");
}

TEST_F(SessionTest, ShowsNoPasswordInTheClear) {
  const Credentials known{"ann", "secret"};
  credentials = &known;
  EXPECT_EQ(open("250-AUTH PLAIN LOGIN\r\n")->outcome, Outcome::Temporary);
  EXPECT_EQ(wire->all(), "EHLO us.test\r\n");
  is_local = true;
  EXPECT_FALSE(open("250-AUTH PLAIN\r\n", {"235 ok\r\n"}));
  EXPECT_TRUE(wire->all().ends_with(
      "AUTH PLAIN " + base64_encode("\0ann\0secret"s) + "\r\n"));
  EXPECT_FALSE(open("250-AUTH LOGIN\r\n",
                    {"334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n",
                     "235 ok\r\n"}));
  EXPECT_TRUE(wire->all().ends_with(base64_encode("ann") + "\r\n" +
                                    base64_encode("secret") + "\r\n"));
}

TEST_F(SessionTest, AWrongPasswordSendsNoMailBack) {
  const Credentials known{"ann", "secret"};
  credentials = &known;
  is_local = true;
  const auto why = open("250-AUTH PLAIN\r\n", {"535 5.7.8 no\r\n"});
  ASSERT_TRUE(why);
  EXPECT_EQ(why->outcome, Outcome::Temporary);
  EXPECT_EQ(why->code, 535);
  EXPECT_TRUE(session->barred());
  EXPECT_TRUE(open("250-AUTH PLAIN\r\n", {"454 4.7.0 later\r\n"}));
  EXPECT_FALSE(session->barred());
  EXPECT_TRUE(open("250-AUTH SCRAM-SHA-256 PLAIN\r\n", {"235 trust me\r\n"}));
  EXPECT_TRUE(open("250-AUTH X\r\n"));
}

// Takes a piece now and then, and never too late for that one.
class SlowWire : public TextWire {
 public:
  using TextWire::TextWire;
  void patience(relay::Patience time) override { allowed_ = time; }
  bool send(std::string_view bytes) override {
    if (allowed_ < kPause) return false;
    std::this_thread::sleep_for(bytes.size() > 1000 ? kPause : Patience(0));
    return TextWire::send(bytes);
  }

 private:
  static constexpr Patience kPause{8};
  Patience allowed_{kPause};
};

TEST_F(SessionTest, NobodyTakesForEverPieceByPiece) {
  const Deadlines deadlines{.block = Patience(10)};
  const std::int64_t octets = 8 << 20;
  EXPECT_EQ(deadlines.message(octets), Patience(20 * 10 + 128 * 10 / 40));
  mail = "Subject: x\r\n\r\n" + std::string(octets, 'x') + "\r\n";
  wire = std::make_unique<SlowWire>(std::deque<std::string>{
      "220 x\r\n", "250 mx\r\n", "250 a\r\n", "250 b\r\n", "250 c\r\n",
      "354 go\r\n"});
  session = std::make_unique<Session>(
      *wire, Session::Setup{hop, "mx.test", "us.test", deadlines});
  ASSERT_FALSE(session->open());
  EXPECT_EQ(signs(carry()), "--");
  EXPECT_LT(wire->sent.size(), 60u);
  EXPECT_EQ(Deadlines().message(50 << 20), std::chrono::hours(2));
}

TEST_F(SessionTest, AFileThatIsTooShortIsNeverEnded) {
  open("250-PIPELINING\r\n", {"250 a\r\n250 b\r\n250 c\r\n354 go\r\n", "250\r\n"});
  replace_file(dir.path() + "/mail", "short", 0600);
  const Fd file = open_file(dir.path() + "/mail", O_RDONLY);
  transaction.length = 100;
  EXPECT_ANY_THROW((void)session->carry(transaction, file));
  EXPECT_FALSE(wire->all().ends_with(".\r\n"));
}

}  // namespace
}  // namespace mail::relay
