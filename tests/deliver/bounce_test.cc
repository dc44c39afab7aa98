#include "deliver/bounce.h"

#include <gtest/gtest.h>

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
    e.recipients.push_back({"bob@example.test", "rfc822;bob@example.test", ""});
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
    target.row.last_text = "the mailbox is full";
    target.state = TargetState::Failed;
    m.targets.push_back(target);
    return m;
  }
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

constexpr const char* kMail = "Subject: hi\r\nX: y\r\n\r\nthe body\r\n";

TEST_F(BounceTest, ReportsToTheSenderFromNobody) {
  Bouncer bouncer(spool_, "mx.example.test");
  Message m = failed(put(kMail, envelope()));
  const std::string id = bouncer.give_up(m);
  EXPECT_EQ(m.targets[0].state, TargetState::Done);
  spool::Envelope e;
  const std::string text = read(id, &e);
  EXPECT_EQ(e.sender, "");
  ASSERT_EQ(e.recipients.size(), 1u);
  EXPECT_EQ(e.recipients[0].address, "ann@example.org");
  const auto tree = mime::parse_message(text);
  ASSERT_TRUE(tree.is("multipart", "report"));
  ASSERT_EQ(tree.children.size(), 3u);
  EXPECT_TRUE(tree.children[1].is("message", "delivery-status"));
  EXPECT_TRUE(tree.children[2].is("message", "rfc822"));
  const auto facts = mime::body_of(text, tree.children[1]);
  EXPECT_NE(facts.find("Final-Recipient: rfc822; robert@example.test\r\n"
                       "Action: failed\r\nStatus: 5.2.2\r\n"),
            std::string::npos)
      << facts;
  EXPECT_NE(facts.find("Original-Recipient: rfc822;bob@example.test"),
            std::string::npos);
  EXPECT_NE(text.find("the body"), std::string::npos);
}

TEST_F(BounceTest, LongMailComesBackAsItsHeader) {
  Bouncer bouncer(spool_, "mx.example.test");
  Message m = failed(put(kMail + std::string(60'000, 'x'), envelope()));
  const std::string text = read(bouncer.give_up(m));
  const auto tree = mime::parse_message(text);
  ASSERT_EQ(tree.children.size(), 3u);
  EXPECT_TRUE(tree.children[2].is("text", "rfc822-headers"));
  EXPECT_EQ(mime::body_of(text, tree.children[2]),
            "Subject: hi\r\nX: y\r\n");
}

TEST_F(BounceTest, NobodyIsToldWhoDoesNotWantIt) {
  Bouncer bouncer(spool_, "mx.example.test");
  auto e = envelope();
  e.recipients[0].notify = "NEVER";
  Message m = failed(put(kMail, e));
  EXPECT_EQ(bouncer.give_up(m), "");
  EXPECT_EQ(m.targets[0].state, TargetState::Done);

  Message from_nobody = failed(put(kMail, envelope()));
  from_nobody.sender.clear();
  EXPECT_EQ(bouncer.give_up(from_nobody), "");
  EXPECT_EQ(from_nobody.targets[0].state, TargetState::Done);
}

TEST_F(BounceTest, WarnsOnceAfterFourHours) {
  Bouncer bouncer(spool_, "mx.example.test");
  Message m = failed(put(kMail, envelope()));
  m.targets[0].state = TargetState::Deferred;
  EXPECT_EQ(bouncer.warn(m, m.arrived + 3 * kHour), "");
  const std::string text = read(bouncer.warn(m, m.arrived + 5 * kHour));
  EXPECT_NE(text.find("Action: delayed"), std::string::npos);
  EXPECT_EQ(bouncer.warn(m, m.arrived + 6 * kHour), "");
}

TEST_F(BounceTest, NoValueCanStartAFieldOfItsOwn) {
  Bouncer bouncer(spool_, "mx.example.test");
  Message m = failed(put(kMail, envelope()));
  m.targets[0].row.last_text = "x\r\nAction: delivered";
  EXPECT_EQ(read(bouncer.give_up(m)).find("\nAction: delivered"),
            std::string::npos);
}

}  // namespace
}  // namespace mail::deliver
