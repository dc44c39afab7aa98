// Orders and references that are kept and brought up to date are those that
// would be made anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "store/uid_set.h"
#include "tests/support/mail_store.h"

namespace mail::store {
namespace {

constexpr std::uint32_t kSubjects = 12;

struct OrdersTest : testing::Test {
  OrdersTest() {
    for (std::uint32_t i = 0; i < kSubjects; ++i) {
      const std::string number = std::to_string(i * 7 % kSubjects);
      store.append(*account, inbox,
                   "Subject: s" + number + "\nFrom: " + number +
                       " <f@x>\nMessage-ID: <" + number +
                       "@x>\nReferences: <r" + number + "@x>\n\nx\n");
    }
  }
  std::uint32_t pick(std::uint32_t below) {
    return static_cast<std::uint32_t>(random() % below);
  }
  void add(std::uint32_t times) {
    for (std::uint32_t i = 0; i < times; ++i) {
      const Uid uid = 1 + pick(kSubjects);
      account->copy(inbox, {{uid, uid}}, box);
    }
  }
  void remove(std::uint32_t of_how_many) {
    UidSet gone;
    for (const Uid uid : account->uids(box)) {
      if (pick(of_how_many) == 0) add_uid(gone, uid);
    }
    account->change_flags(box, gone, {FlagAction::Add, kDeleted, {}, {}});
    account->expunge(box, gone);
  }
  UidSet all() {
    const auto row = account->mailbox(box);
    return account->uids_at(box, row->highestmodseq, row->uidnext);
  }
  std::string header(Uid uid) {
    EmailId email = 0;
    account->each_entry(box, {uid, uid},
                        [&](const Entry& entry) { email = entry.email; });
    return account->cached(email, kHeader)->header;
  }
  // Same ranks for the same keys, and in their order.
  void expect_order(SortKey by, const UidSet& uids) {
    std::vector<std::string> keys;
    for (const UidRange& range : uids) {
      for (Uid uid = range.first; uid <= range.last; ++uid) {
        keys.push_back(sort_text(by, header(uid)));
      }
    }
    const auto ranks = account->ranks(box, by, uids);
    ASSERT_EQ(ranks.size(), keys.size());
    for (std::size_t i = 1; i < keys.size(); ++i) {
      EXPECT_EQ(ranks[i - 1] <=> ranks[i], keys[i - 1] <=> keys[i]);
    }
  }
  void expect_references(const UidSet& uids) {
    std::vector<Uid> told;
    account->each_reference(box, uids, [&](const Reference& one) {
      told.push_back(one.uid);
      const Reference fresh = read_reference(one.uid, header(one.uid));
      EXPECT_EQ(one.id, fresh.id);
      EXPECT_EQ(one.subject, fresh.subject);
      EXPECT_EQ(one.reply, fresh.reply);
      EXPECT_EQ(one.to, fresh.to);
    });
    std::vector<Uid> wanted;
    for (const UidRange& range : uids) {
      for (Uid uid = range.first; uid <= range.last; ++uid) {
        wanted.push_back(uid);
      }
    }
    EXPECT_EQ(told, wanted);
  }

  std::mt19937 random{1};
  MailStore store;
  Lease account = store.open();
  MailboxId inbox = account->mailbox("INBOX")->id;
  MailboxId box = account->mailbox("Archive")->id;
};

TEST_F(OrdersTest, AreBroughtUpToDate) {
  add(200);
  for (int round = 0; round < 25; ++round) {
    const UidSet uids = all();
    expect_order(SortKey::Subject, uids);
    expect_order(SortKey::DisplayFrom, uids);
    expect_references(uids);
    add(pick(4));
    if (pick(4) == 0) remove(10);
    if (round == 12) add(30);  // too many: made anew
  }
}

TEST_F(OrdersTest, AFewMessagesNeedNone) {
  add(100);
  expect_order(SortKey::Subject, {{7, 9}, {50, 52}});
  expect_references({{7, 9}, {50, 52}});
}

TEST_F(OrdersTest, WhatWasExpungedHasItsPlaceWhileItIsSeen) {
  add(20);
  const UidSet before = all();
  const auto ranks = account->ranks(box, SortKey::Subject, before);
  remove(3);
  EXPECT_EQ(account->ranks(box, SortKey::Subject, before), ranks);
  account->delete_mailbox(box);
  EXPECT_EQ(account->ranks(box, SortKey::Subject, before).size(), 20u);
}

TEST_F(OrdersTest, EqualDatesAndSizesHaveEqualRanks) {
  add(3);
  const auto ranks = account->ranks(box, SortKey::Date, all());
  EXPECT_EQ(ranks.size(), 3u);
  EXPECT_GT(*std::ranges::min_element(ranks), 0u);
}

}  // namespace
}  // namespace mail::store
