#include "deliver/bounce.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/fault.h"
#include "deliver/bounce_words.h"
#include "deliver/bouncer.h"
#include "mime/part.h"
#include "spool/spool.h"
#include "tests/support/temp_dir.h"

namespace mail::deliver {
namespace {

class BounceTest : public ::testing::Test {
 protected:
  BounceTest() { spool::make_spool(spool_); }

  std::string put(const std::string& text, spool::Envelope envelope) {
    spool::Writer writer(spool_);
    const auto draft = writer.create(wall_time(), 0);
    draft->write(text);
    draft->commit(envelope);
    return draft->id();
  }
  static spool::Envelope envelope() {
    spool::Envelope e;
    e.arrived = wall_time();
    e.sender = "ann@example.org";
    e.recipients.push_back({"bob@example.test", "", ""});
    return e;
  }
  static Message failed(const std::string& id) {
    Message m;
    m.id = id;
    m.sender = "ann@example.org";
    m.arrived = wall_time();
    Target target;
    target.row.address = "robert@example.test";
    target.row.last_code = "5.2.2";
    target.row.last_text = "over quota";
    target.row.orcpt = "rfc822;b+2Bob@example.test";
    target.state = TargetState::Failed;
    m.targets.push_back(target);
    return m;
  }
  Bouncer bouncer() {
    return Bouncer({spool_, "mx.example.test", "secret"});
  }
  // The report on it.
  std::string report(Message& m) { return read(bouncer().report(m, later())); }
  static Micros later() { return wall_time() + kHour; }
  std::string read(const std::string& id, spool::Envelope* e = nullptr) {
    const auto item = shelves().open_verified(spool::Shelf::In, id);
    EXPECT_TRUE(item);
    if (e) *e = item->envelope;
    return item->file.read_at(
        0, static_cast<std::size_t>(item->footer.message_length));
  }
  spool::Shelves shelves() { return spool::Shelves(spool_); }

  TempDir dir_;
  const std::string spool_ = dir_.path() + "/spool";
};

constexpr const char* kMail =
    "Subject: Re: hi\r\nMessage-ID: <m@x>\r\nReferences: <a@x> <b@x>\r\n"
    "\r\nthe body\r\n";

TEST_F(BounceTest, ReportsToTheSenderFromNobody) {
  auto of = envelope();
  of.envid = "QQ+2B1";
  Message m = failed(put(kMail, of));
  const std::string id = bouncer().report(m, later());
  EXPECT_EQ(m.targets[0].state, TargetState::Done);
  spool::Envelope e;
  const std::string text = read(id, &e);
  EXPECT_EQ(e.sender, "");
  ASSERT_EQ(e.recipients.size(), 1u);
  EXPECT_EQ(e.recipients[0].address, "ann@example.org");
  EXPECT_EQ(e.recipients[0].notify, "NEVER");
  const auto tree = mime::parse_message(text);
  ASSERT_TRUE(tree.is("multipart", "report"));
  ASSERT_EQ(tree.children.size(), 3u);
  EXPECT_TRUE(tree.children[1].is("message", "delivery-status"));
  const auto facts = std::string(mime::body_of(text, tree.children[1]));
  EXPECT_TRUE(facts.starts_with("Reporting-MTA: dns; mx.example.test\r\n"
                                "Original-Envelope-Id: QQ+1\r\n"
                                "Arrival-Date: "))
      << facts;
  EXPECT_NE(facts.find("\r\n\r\n"
                       "Original-Recipient: rfc822; b+ob@example.test\r\n"
                       "Final-Recipient: rfc822; robert@example.test\r\n"
                       "Action: failed\r\nStatus: 5.2.2\r\n"
                       "Diagnostic-Code: x-staunch; over quota\r\n"
                       "Final-Log-ID: " + m.id + "\r\n"),
            std::string::npos)
      << facts;
}

TEST_F(BounceTest, TellsPeopleWhatHappenedAndWhatToDo) {
  Message m = failed(put(kMail, envelope()));
  auto& row = m.targets[0].row;
  row.last_code = "5.1.1";
  row.last_text = "<robert@example.test>: unknown";
  row.reply = 550;
  row.remote = "mx.far.example";
  const std::string text = report(m);
  for (const char* words :
       {"  Subject: Re: hi\r\n", "  <bob@example.test>\r\n",
        "    that is, <robert@example.test>\r\n",
        "    There is no mailbox with this address.\r\n",
        "    The server mx.far.example said:\r\n"
        "      550 5.1.1 <robert@example.test>: unknown\r\n",
        "    Look whether the address is written correctly",
        "Remote-MTA: dns; mx.far.example\r\n",
        "Diagnostic-Code: smtp; 550 5.1.1 <robert@example.test>: unknown"}) {
    EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
  }
}

TEST_F(BounceTest, QuotesAReplyAsItCameAndOwnWordsAsOwn) {
  Message m = failed(put(kMail, envelope()));
  auto& row = m.targets[0].row;
  row.last_code = "4.7.1";  // given up after days of
  row.reply = 450;
  row.last_text = "Greylisted";
  row.remote = "mx.far.example";
  Message no_reply = m;
  EXPECT_NE(report(m).find("smtp; 450 4.7.1 Greylisted\r\n"),
            std::string::npos);
  no_reply.targets[0].row.reply = 0;
  no_reply.id = put(kMail, envelope());
  const std::string text = report(no_reply);
  EXPECT_NE(text.find("    Reason: Greylisted (mx.far.example)\r\n"),
            text.npos) << text;
  EXPECT_NE(text.find("x-staunch; Greylisted\r\n"), text.npos);
}

TEST_F(BounceTest, StandsInTheThreadOfTheMessage) {
  Message m = failed(put(kMail, envelope()));
  const std::string text = report(m);
  EXPECT_NE(text.find("Subject: [Not delivered] Re: hi\r\n"), text.npos);
  EXPECT_NE(text.find("In-Reply-To: <m@x>\r\n"
                      "References: <a@x>\r\n\t<b@x>\r\n\t<m@x>\r\n"),
            text.npos)
      << text;
}

TEST_F(BounceTest, ReturnsTheHeaderOrAllAsTheSenderWishes) {
  struct Case {
    const char* ret;
    std::uint64_t account;
    std::size_t size;
    bool whole;
  };
  for (const auto& [ret, account, size, whole] :
       {Case{"FULL", 0, 10, true}, Case{"HDRS", 1, 10, false},
        Case{"", 1, 10, true}, Case{"", 0, 10, false},
        Case{"FULL", 1, 60'000, false}, Case{"FULL", 1, 1'000, true}}) {
    auto e = envelope();
    e.ret = ret;
    e.account = account;
    std::string body;
    for (std::size_t i = 0; i < size; i += 100) {
      body += std::string(98, 'x') + "\r\n";
    }
    Message m = failed(put("Subject: hi\r\nX: y\r\n\r\n" + body, e));
    const std::string text = report(m);
    const auto tree = mime::parse_message(text);
    ASSERT_EQ(tree.children.size(), 3u);
    const auto& part = tree.children[2];
    const std::string returned(mime::body_of(text, part));
    if (whole) {
      EXPECT_TRUE(part.is("message", "rfc822")) << ret << account << size;
      EXPECT_NE(returned.find("xxx"), returned.npos);
    } else {
      EXPECT_TRUE(part.is("text", "rfc822-headers")) << ret << account << size;
      EXPECT_EQ(returned, "Subject: hi\r\nX: y\r\n");
    }
  }
}

TEST_F(BounceTest, WhatNoLabelAllowsIsNotReturned) {
  auto e = envelope();
  e.ret = "FULL";
  for (const std::string& body :
       {std::string(2000, 'x'), std::string("a\nb"), std::string(1, '\0')}) {
    Message m = failed(
        put("Subject: hi\r\nX: " + std::string(3000, 'x') + "\r\n\r\n" +
            body + "\r\n", e));
    const std::string text = report(m);
    EXPECT_NE(text.find("text/rfc822-headers"), text.npos);
    for (const auto line : split(text, '\n')) EXPECT_LE(line.size(), 999u);
    EXPECT_EQ(text.find('\0'), text.npos);
  }
}

TEST_F(BounceTest, NobodyIsToldWhoDoesNotWantIt) {
  Message m = failed(put(kMail, envelope()));
  m.targets[0].row.notify = "NEVER";
  EXPECT_EQ(bouncer().report(m, later()), "");
  EXPECT_EQ(m.targets[0].state, TargetState::Done);

  Message from_nobody = failed(put(kMail, envelope()));
  from_nobody.sender.clear();
  EXPECT_EQ(bouncer().report(from_nobody, later()), "");
  EXPECT_EQ(from_nobody.targets[0].state, TargetState::Done);
}

TEST_F(BounceTest, WarnsOnceAfterFourHours) {
  Bouncer b = bouncer();
  Message m = failed(put(kMail, envelope()));
  m.targets[0].state = TargetState::Deferred;
  m.targets[0].row.attempts = 1;
  EXPECT_EQ(b.report(m, m.arrived + 3 * kHour), "");
  const std::string text = read(b.report(m, m.arrived + 5 * kHour));
  EXPECT_NE(text.find("Action: delayed"), std::string::npos);
  EXPECT_NE(text.find("Status: 4.2.2"), std::string::npos);
  EXPECT_NE(text.find("Will-Retry-Until: "), std::string::npos);
  EXPECT_EQ(b.report(m, m.arrived + 6 * kHour), "");
  EXPECT_EQ(m.targets[0].state, TargetState::Deferred);
}

TEST_F(BounceTest, AllNewsGoesIntoOneReport) {
  auto e = envelope();
  for (int i = 0; i < 5; ++i) e.recipients.push_back(e.recipients[0]);
  Message m = failed(put(kMail, e));
  for (const auto state : {TargetState::Delivered, TargetState::Relayed,
                           TargetState::Expanded, TargetState::Deferred,
                           TargetState::Done}) {
    m.targets.push_back(m.targets[0]);
    m.targets.back().state = state;
    m.targets.back().row.n = m.targets.back().row.source =
        static_cast<int>(m.targets.size()) - 1;
    m.targets.back().row.notify = "SUCCESS,FAILURE,DELAY";
  }
  const std::string text = report(m);
  for (const char* action :
       {"failed\r\nStatus: 5.2.2", "delivered\r\nStatus: 2.2.2",
        "relayed\r\nStatus: 2", "expanded\r\nStatus: 2"}) {
    EXPECT_NE(text.find("Action: " + std::string(action)), text.npos) << text;
  }
  EXPECT_EQ(text.find("Action: delayed"), text.npos);
  EXPECT_EQ(m.targets[4].state, TargetState::Deferred);
  EXPECT_EQ(bouncer().report(m, later()), "");
}

TEST_F(BounceTest, NoValueCanStartAFieldOfItsOwn) {
  Message m = failed(put(kMail, envelope()));
  m.targets[0].row.last_text = "x\r\nAction: delivered";
  EXPECT_EQ(report(m).find("\nAction: delivered"), std::string::npos);
}

// RFC 6533.
TEST_F(BounceTest, Utf8AddressesGoAsSuchToWhoCanReadThem) {
  auto e = envelope();
  e.recipients[0].address = "jos\xc3\xa9@example.test";
  for (const bool utf8 : {true, false}) {
    e.smtputf8 = utf8;
    Message m = failed(put(kMail, e));
    m.targets[0].row.address = e.recipients[0].address;
    m.targets[0].row.orcpt = "utf-8;jos\\x{E9}@example.test";
    spool::Envelope sent;
    const std::string text = read(bouncer().report(m, later()), &sent);
    const std::string address =
        utf8 ? e.recipients[0].address : "jos\\x{E9}@example.test";
    EXPECT_NE(text.find("\r\nFinal-Recipient: utf-8; " + address + "\r\n"),
              text.npos);
    EXPECT_NE(text.find("\r\nOriginal-Recipient: utf-8; " + address + "\r\n"),
              text.npos);
    EXPECT_EQ(text.find("message/global-delivery-status") != text.npos, utf8);
    EXPECT_EQ(sent.smtputf8, utf8);
  }
}

// RFC 6531 3.7.4, RFC 6533 4.1.
TEST_F(BounceTest, WhatAServerSaidInUtf8IsReadByPeopleAsItWasSaid) {
  auto e = envelope();
  e.recipients[0].address = "jos\xc3\xa9@example.test";
  const std::string said = "550 5.1.1 b\xc3\xa4" "d";
  for (const bool utf8 : {true, false}) {
    e.smtputf8 = utf8;
    Message m = failed(put(kMail, e));
    auto& row = m.targets[0].row;
    row.address = e.recipients[0].address;
    row.remote = "mx.example.test";
    row.reply = 550;
    row.last_code = "5.1.1";
    row.last_text = "b\xc3\xa4" "d";
    const std::string text = report(m);
    EXPECT_NE(text.find("      " + said + "\r\n"), text.npos) << text;
    EXPECT_NE(text.find("\r\nDiagnostic-Code: smtp; " +
                        (utf8 ? said : "550 5.1.1 b?d") + "\r\n"),
              text.npos);
  }
}

TEST_F(BounceTest, ARequestToStayEncryptedGoesForTheReportToo) {
  auto e = envelope();
  e.ret = "FULL";
  e.require_tls = true;
  Message m = failed(put(kMail, e));
  spool::Envelope sent;
  const std::string text = read(bouncer().report(m, later()), &sent);
  EXPECT_TRUE(sent.require_tls);
  EXPECT_EQ(text.find("the body"), text.npos);
}

// The report is on the disk, the message as it was: as after kill -9.
TEST_F(BounceTest, WhatWasReportedIsSettledAfterACrash) {
  Message m = failed(put(kMail, envelope()));
  m.targets.push_back(m.targets[0]);
  m.targets[1].row.address = "eve@example.test";
  m.targets[1].state = TargetState::Deferred;
  Message again = m;
  const std::string id = bouncer().report(m, later());
  EXPECT_EQ(bouncer().recall(again), id);
  EXPECT_EQ(again.targets[0].state, TargetState::Done);
  EXPECT_EQ(again.targets[1].state, TargetState::Deferred);
  EXPECT_EQ(again.reports, 1);
  EXPECT_EQ(bouncer().recall(again), "");

  again.targets[1].state = TargetState::Failed;
  const std::string second = bouncer().report(again, later());
  EXPECT_NE(second, id);
  EXPECT_EQ(read(second).find("robert@"), std::string::npos);
}

TEST_F(BounceTest, AWarningIsGivenOnceAfterACrash) {
  Message m = failed(put(kMail, envelope()));
  m.targets[0].state = TargetState::Deferred;
  m.targets[0].row.attempts = 1;
  Message again = m;
  const std::string id = bouncer().report(m, m.arrived + 5 * kHour);
  EXPECT_EQ(bouncer().recall(again), id);
  EXPECT_EQ(bouncer().report(again, m.arrived + 6 * kHour), "");
}

TEST_F(BounceTest, AReportThatWasTornIsMadeAnew) {
  const Message m = failed(put(kMail, envelope()));
  Message first = m;
  const std::string id = bouncer().report(first, later());
  const auto path = spool_ + "/in/" + spool::shard(id) + "/" + id;
  for (const off_t left : {0, 100}) {
    ASSERT_EQ(::truncate(path.c_str(), left), 0);
    Message again = m;
    EXPECT_EQ(bouncer().recall(again), "");
    EXPECT_EQ(bouncer().report(again, later()), id);
    EXPECT_NE(read(id).find("robert@"), std::string::npos);
  }
}

TEST_F(BounceTest, WhatCannotBeReportedStaysAsItWas) {
  Message m = failed(put(kMail, envelope()));
  Message copy = m;
  const std::string id = bouncer().report(copy, later());
  const auto path = spool_ + "/in/" + spool::shard(id) + "/" + id;
  // Nothing can be written under its name.
  ASSERT_EQ(::unlink(path.c_str()), 0);
  ASSERT_EQ(::mkdir(path.c_str(), 0700), 0);
  EXPECT_THROW(bouncer().report(m, later()), Fault);
  EXPECT_EQ(m.targets[0].state, TargetState::Failed);
  EXPECT_EQ(m.reports, 0);
  ASSERT_EQ(::rmdir(path.c_str()), 0);
  EXPECT_EQ(bouncer().report(m, later()), id);
}

TEST_F(BounceTest, OurTroublesAndWhatOthersSaidBeforeAreNotTold) {
  Message m = failed(put(kMail, envelope()));
  auto& row = m.targets[0].row;
  row.account = 7;
  row.remote = "mx.far.example";
  row.reply = 450;
  row.last_code = "5.3.0";
  row.last_text = "open /var/lib/staunch/accounts: no";
  const std::string text = report(m);
  EXPECT_EQ(text.find("/var/lib"), text.npos);
  EXPECT_EQ(text.find("mx.far"), text.npos);
}

TEST_F(BounceTest, NobodyElseCanSettleAMessage) {
  Message m = failed(put(kMail, envelope()));
  Message again = m;
  Bouncer other({spool_, "mx.example.test", "another secret"});
  const std::string id = other.report(m, later());
  EXPECT_EQ(bouncer().recall(again), "");
  const auto item = shelves().open(spool::Shelf::In, id);
  EXPECT_TRUE(other.subject(*item));
  EXPECT_FALSE(bouncer().subject(*item));
}

TEST(BounceWordsTest, FindsTheMeaningOfACode) {
  EXPECT_EQ(words_for("5.1.1").what,
            "There is no mailbox with this address.");
  EXPECT_EQ(words_for("4.3.2").what,
            "Mail for this address is not taken at present.");
  EXPECT_EQ(words_for("5.1.99").what, "The address was refused.");
  EXPECT_EQ(words_for("5.1.10").what,
            "The domain of this address takes no mail at all.");
  EXPECT_EQ(words_for("rubbish").what, "The message could not be delivered.");
  BounceRecipient r;
  for (const char* bad : {"", "5", "5.1", "5.1.1.1", "5.1111.1", "x.1.1"}) {
    r.status = bad;
    EXPECT_EQ(status_of(r), "5.0.0");
  }
}

TEST(BounceWordsTest, WrapsLinesAndCutsNothing) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "word ";
  text += std::string(3000, 'y');
  const std::string lines = wrapped(text, "    ");
  for (const auto line : split(lines, '\n')) {
    EXPECT_LE(line.size(), 600u);
    EXPECT_TRUE(line.empty() || line.starts_with("    ")) << line;
  }
}

}  // namespace
}  // namespace mail::deliver
