#include "spool/queue_reader.h"

#include <gtest/gtest.h>

#include "base/fault.h"
#include "spool/queue_ages.h"
#include "spool/queue_db.h"
#include "spool/spool.h"
#include "tests/support/temp_dir.h"

namespace mail::spool {
namespace {

class QueueReaderTest : public ::testing::Test {
 protected:
  // Four messages: n is when each arrived, and its account.
  QueueReaderTest() {
    for (int i = 1; i <= 4; ++i) {
      StoredMessage m;
      m.id = make_id(i * kSecond);
      m.sender = i == 4 ? "" : "Ann@Example.org";
      m.account = static_cast<std::uint64_t>(i);
      m.arrived = i * kSecond;
      m.size = 100;
      m.held = i == 2;
      m.recipients.push_back(recipient(0, "bob@one.example", "mx.one"));
      m.recipients.push_back(recipient(1, "eve@two.example", "mx.two"));
      m.recipients[1].last_text = "450 come Back later";
      if (i == 3) m.recipients[0].address = "bob@three.example";
      if (i == 4) {
        for (auto& r : m.recipients) r.state = RecipientState::Failed;
      }
      ids_.push_back(m.id);
      messages_.push_back(m);
    }
    db_.write(messages_, {});
  }
  static StoredRecipient recipient(int n, std::string address,
                                   std::string site) {
    StoredRecipient r;
    r.n = n;
    r.address = std::move(address);
    r.site = std::move(site);
    r.next_at = 50 + n;
    r.last_code = "4.4.1";
    return r;
  }
  // Which of the four match, and with how many recipients: "1:2 3:1".
  std::string matching(const QueueFilter& filter,
                       const std::set<std::string>& active = {}) {
    std::string found;
    reader_.each(filter, active, [&](const QueueMessage& m) {
      const auto place = std::ranges::find(ids_, m.id) - ids_.begin() + 1;
      found += (found.empty() ? "" : " ") + std::to_string(place) + ":" +
               std::to_string(m.all.size());
    });
    return found;
  }

  TempDir dir_;
  QueueDb db_{dir_.path() + "/queue.db"};
  QueueReader reader_{dir_.path() + "/queue.db"};
  std::vector<StoredMessage> messages_;
  std::vector<std::string> ids_;
};

TEST_F(QueueReaderTest, ListsAllInTheOrderOfTheirArrival) {
  EXPECT_EQ(matching({}), "1:2 2:2 3:2 4:2");
}

TEST_F(QueueReaderTest, FiltersMessages) {
  EXPECT_EQ(matching({.ids = {ids_[2], ids_[0], ids_[2]}}), "1:2 3:2");
  EXPECT_EQ(matching({.ids = {"no such id"}}), "");
  EXPECT_EQ(matching({.state = "held"}), "2:2");
  EXPECT_EQ(matching({.state = "deferred"}), "1:2 3:2");
  EXPECT_EQ(matching({.state = "failed"}), "4:2");
  EXPECT_EQ(matching({.sender = "ann@example.ORG"}), "1:2 2:2 3:2");
  EXPECT_EQ(matching({.sender = "@example.org"}), "1:2 2:2 3:2");
  EXPECT_EQ(matching({.sender = "@ple.org"}), "");
  EXPECT_EQ(matching({.sender = "<>"}), "4:2");
  EXPECT_EQ(matching({.account = 3}), "3:2");
  EXPECT_EQ(matching({.arrived_from = 2 * kSecond,
                      .arrived_until = 4 * kSecond}),
            "2:2 3:2");
}

TEST_F(QueueReaderTest, FiltersRecipients) {
  EXPECT_EQ(matching({.recipient = "BOB@one.example"}), "1:1 2:1 4:1");
  EXPECT_EQ(matching({.recipient = "@two.example"}), "1:1 2:1 3:1 4:1");
  EXPECT_EQ(matching({.domain = "Three.example"}), "3:1");
  EXPECT_EQ(matching({.site = "mx.one"}), "1:1 2:1 3:1 4:1");
  EXPECT_EQ(matching({.reason = "back LATER"}), "1:1 2:1 3:1 4:1");
  EXPECT_EQ(matching({.reason = "4.4.1"}), "1:2 2:2 3:2 4:2");
}

TEST_F(QueueReaderTest, CombinesFilters) {
  EXPECT_EQ(matching({.account = 1, .domain = "two.example"}), "1:1");
  EXPECT_EQ(matching({.state = "held", .domain = "three.example"}), "");
  EXPECT_EQ(matching({.recipient = "@one.example", .site = "mx.two"}), "");
  EXPECT_EQ(matching({.recipient = "@one.example", .domain = "two.example"}),
            "");
}

TEST_F(QueueReaderTest, TakesTextForTextAndNeverForSql) {
  for (const char* text : {"' OR 1=1 --", "%", "_", "@%", "'; DROP TABLE x"}) {
    EXPECT_EQ(matching({.sender = text}), "") << text;
    EXPECT_EQ(matching({.reason = text}), "") << text;
    EXPECT_EQ(matching({.domain = text}), "") << text;
  }
}

TEST_F(QueueReaderTest, ShowsWhatIsInHandAsActive) {
  EXPECT_EQ(matching({.state = "active"}, {ids_[0]}), "1:2");
  EXPECT_EQ(matching({.state = "deferred"}, {ids_[0]}), "3:2");
}

TEST_F(QueueReaderTest, AgreesWithTheFilterOfWhatIsInHand) {
  const std::vector<QueueFilter> filters = {
      {}, {.state = "held"}, {.sender = "@example.org"}, {.sender = "<>"},
      {.account = 2}, {.arrived_from = 2 * kSecond},
      {.arrived_until = 3 * kSecond}, {.recipient = "@two.example"},
      {.recipient = "bob@three.example"}, {.domain = "one.example"},
      {.site = "mx.two"}, {.reason = "later"},
      {.sender = "@example.org", .domain = "three.example"}};
  for (const auto& filter : filters) {
    std::string found;
    reader_.each({}, {}, [&](QueueMessage m) {
      if (!keep_matching(m, filter)) return;
      const auto place = std::ranges::find(ids_, m.id) - ids_.begin() + 1;
      found += (found.empty() ? "" : " ") + std::to_string(place) + ":" +
               std::to_string(m.all.size());
    });
    EXPECT_EQ(found, matching(filter));
  }
}

TEST_F(QueueReaderTest, ShowsOneWithItsHistory) {
  auto m = messages_[0];
  m.recipients[1].history = "something";
  db_.write({&m, 1}, {});
  const auto shown = reader_.show(ids_[0]);
  ASSERT_TRUE(shown);
  ASSERT_EQ(shown->all.size(), 2u);
  EXPECT_EQ(shown->all[1].history, "something");
  EXPECT_EQ(shown->all[1].last, "4.4.1 450 come Back later");
  EXPECT_FALSE(reader_.show("nothing"));
}

TEST_F(QueueReaderTest, CountsAges) {
  const auto count = [this](AgesBy by, Micros now) {
    AgeTable table(by, now);
    reader_.each({}, {}, [&](const auto& message) { table.add(message); });
    return table.rows();
  };
  const Micros now = 4 * kSecond + 7 * kMinute;
  const auto ages = count(AgesBy::Domain, now);
  EXPECT_EQ(ages.at("two.example").all, 4);
  EXPECT_EQ(ages.at("two.example").by_age[1], 4);
  EXPECT_EQ(ages.at("three.example").all, 1);
  const auto old = count(AgesBy::Site, 30 * kDay);
  EXPECT_EQ(old.at("mx.one").by_age.back(), 4);
  EXPECT_EQ(count(AgesBy::Sender, now).at("").all, 2);
}

TEST_F(QueueReaderTest, ReadsSitesAndSuspensions) {
  db_.write({.messages = {}, .finished = {}, .done = {},
             .sites = {{"mx.one", 7, 2, 500, "a b", "421", 10},
                       {"mx.idle", 5, 0, 0, "c", "", 10}}});
  db_.suspend({Suspension::Kind::Domain, "one.example", 100, "asked for"});
  const auto sites = reader_.sites();
  ASSERT_EQ(sites.size(), 3u);
  EXPECT_EQ(sites.at("mx.idle").recipients, 0);
  EXPECT_EQ(sites.at("mx.one").row.window, 7);
  EXPECT_EQ(sites.at("mx.one").recipients, 4);
  EXPECT_EQ(sites.at("mx.one").next_at, 50);
  EXPECT_EQ(sites.at("mx.two").recipients, 4);
  ASSERT_EQ(reader_.suspensions(99).size(), 1u);
  EXPECT_EQ(reader_.suspensions(99)[0].why, "asked for");
  EXPECT_TRUE(reader_.suspensions(100).empty());
}

TEST_F(QueueReaderTest, ChangesWholeMessagesOrSomeRecipients) {
  EXPECT_EQ(db_.hurry(std::vector<QueueTarget>{{ids_[0], {1}}, {"none"}}, 7),
            1);
  EXPECT_EQ(db_.load(ids_[0])->recipients[0].next_at, 50);
  EXPECT_EQ(db_.load(ids_[0])->recipients[1].next_at, 7);
  EXPECT_EQ(db_.give_up(std::vector<QueueTarget>{{ids_[0], {1}}, {ids_[3]}},
                        {"5.4.7", "too old: "}, 9),
            1);
  const auto changed = db_.load(ids_[0]);
  EXPECT_EQ(changed->recipients[0].state, RecipientState::Deferred);
  EXPECT_EQ(changed->recipients[1].state, RecipientState::Failed);
  EXPECT_EQ(changed->recipients[1].last_code, "5.4.7");
  EXPECT_EQ(changed->recipients[1].last_text, "too old: 450 come Back later");
  db_.drop(std::vector<QueueTarget>{{ids_[0], {0}}});
  EXPECT_EQ(db_.load(ids_[0])->recipients.size(), 1u);
}

TEST_F(QueueReaderTest, TheTallyIsWhatACountSays) {
  const auto says = [&](std::int64_t messages, std::int64_t held,
                        std::int64_t recipients) {
    const QueueDb fresh(dir_.path() + "/queue.db");
    for (const auto& tally : {db_.tally(), fresh.tally()}) {
      EXPECT_EQ(tally.messages, messages);
      EXPECT_EQ(tally.held, held);
      EXPECT_EQ(tally.recipients, recipients);
    }
  };
  says(4, 1, 8);
  db_.hold({&ids_[0], 1});
  db_.hold({&ids_[0], 1});
  says(4, 2, 8);
  db_.write({&messages_[0], 1}, {});  // as it was: not held
  says(4, 1, 8);
  db_.release({&ids_[1], 1}, 1);
  says(4, 0, 8);
  db_.write({.messages = {}, .finished = {{ids_[0], 0}, {ids_[0], 0}},
             .done = {ids_[3], "none"}, .sites = {}});
  says(3, 0, 5);
  db_.drop(std::vector<QueueTarget>{{ids_[2], {0, 1, 2}}});
  says(3, 0, 3);
}

TEST_F(QueueReaderTest, HoldsAndReleasesMany) {
  const std::vector<std::string> ids = {ids_[0], ids_[2]};
  db_.hold(ids);
  EXPECT_EQ(matching({.state = "held"}), "1:2 2:2 3:2");
  EXPECT_TRUE(db_.is_held(ids_[0]));
  EXPECT_EQ(db_.load(ids_[0])->recipients[0].next_at, 0);
  db_.release(ids, 1);
  EXPECT_FALSE(db_.is_held(ids_[0]));
  EXPECT_EQ(db_.load(ids_[0])->recipients[0].next_at, 1);
}

TEST(QueueReaderAloneTest, NeedsADatabase) {
  TempDir dir;
  EXPECT_THROW(QueueReader(dir.path() + "/queue.db"), Fault);
}

}  // namespace
}  // namespace mail::spool
