#include "store/delivery.h"

#include <gtest/gtest.h>

#include "store/administration.h"
#include "tests/support/mail_store.h"

namespace mail::store {
namespace {

constexpr const char* kFirst = "06A0000000AAAAAAAAAAAAAAAA";
constexpr const char* kSecond = "06A0000000BBBBBBBBBBBBBBBB";

struct DeliveryTest : testing::Test {
  MailboxId box(std::string_view name) { return account->mailbox(name)->id; }
  std::vector<Delivered> deliver(const std::vector<Arrival>& batch) {
    return account->deliver(batch);
  }
  MailStore store;
  Lease account = store.open();
};

using Answers = std::vector<Delivered>;

TEST_F(DeliveryTest, DeliversABatchInOneTransaction) {
  const Modseq before = account->modseq();
  EXPECT_EQ(deliver({store.arrive(*account, kFirst, numbered_message(1)),
                     store.arrive(*account, kSecond, numbered_message(2))}),
            (Answers{Delivered::Done, Delivered::Done}));
  EXPECT_EQ(account->modseq(), before + 1);
  EXPECT_EQ(account->mailbox("INBOX")->messages, 2);
  EXPECT_TRUE(account->is_delivered(kFirst));
  EXPECT_EQ(check(store.folder(), Depth::Checksums).problems,
            std::vector<std::string>{});
}

TEST_F(DeliveryTest, HappensOnceWhateverTheUserDidMeanwhile) {
  const auto arrival = store.arrive(*account, kFirst, numbered_message(1));
  EXPECT_EQ(deliver({arrival, arrival}),
            (Answers{Delivered::Done, Delivered::Already}));
  account->move(box("INBOX"), {{1, 1}}, box("Trash"));
  EXPECT_EQ(deliver({arrival}), Answers{Delivered::Already});
  account->change_flags(box("Trash"), {{1, 1}},
                        {FlagAction::Add, kDeleted, {}, {}});
  account->expunge(box("Trash"), {{1, 1}});
  EXPECT_EQ(deliver({arrival}), Answers{Delivered::Already});
  EXPECT_EQ(account->mailbox("INBOX")->messages, 0);
  EXPECT_EQ(account->usage().emails, 0);
}

TEST_F(DeliveryTest, OneEmailInSeveralMailboxes) {
  auto arrival = store.arrive(*account, kFirst, numbered_message(1));
  arrival.mailboxes = {box("Archive"), box("INBOX"), 4711};  // one is gone
  EXPECT_EQ(deliver({arrival}), Answers{Delivered::Done});
  EXPECT_EQ(account->mailbox("INBOX")->messages, 1);
  EXPECT_EQ(account->mailbox("Archive")->messages, 1);
  EXPECT_EQ(account->usage().emails, 1);
}

TEST_F(DeliveryTest, OverQuotaChangesNothingForThatOne) {
  const auto small = store.arrive(*account, kFirst, numbered_message(1));
  const auto large = store.arrive(*account, kSecond,
                                  numbered_message(2) + std::string(5000, 'x'));
  account->limit_bytes(2000);
  EXPECT_EQ(deliver({large, small}),
            (Answers{Delivered::OverQuota, Delivered::Done}));
  EXPECT_FALSE(account->is_delivered(kSecond));
  account->limit_bytes(0);
  EXPECT_EQ(deliver({large}), Answers{Delivered::Done});
}

TEST_F(DeliveryTest, ThePrefixIsPartOfTheMessage) {
  const auto arrival = store.arrive(*account, kFirst, numbered_message(1));
  deliver({arrival});
  Entry entry;
  account->each_entry(box("INBOX"), {1, 1}, [&](const Entry& e) { entry = e; });
  EXPECT_EQ(entry.size,
            arrival.length + static_cast<std::int64_t>(arrival.prefix.size()));
  const auto cached = account->cached(entry.email, kHeader);
  EXPECT_TRUE(cached->header.starts_with(arrival.prefix + "From: Ann"));
  EXPECT_TRUE(cached->header.ends_with("\r\n\r\n"));
  EXPECT_TRUE(cached->envelope.empty());
}

TEST_F(DeliveryTest, ForgetsDeliveriesWhoseSpoolNameIsGone) {
  deliver({store.arrive(*account, kFirst, numbered_message(1))});
  account->forget_delivered([](std::string_view) { return false; });
  EXPECT_TRUE(account->is_delivered(kFirst));  // not an hour old
}

TEST_F(DeliveryTest, RepliesJoinAThreadAndNoThreadEverChanges) {
  const auto reply = [](int number, const std::string& to) {
    return "Subject: Re: plan\nMessage-ID: <" + std::to_string(number) +
           "@x>\nReferences: " + to + "\n\nx\n";
  };
  const std::string root = "Subject: plan\nMessage-ID: <1@x>\n\nx\n";
  store.append(*account, box("INBOX"), reply(3, "<2@x>"));
  store.append(*account, box("INBOX"), root);
  const auto threads = [&] {
    std::vector<ThreadId> ids;
    account->each_entry(box("INBOX"), {1, 99},
                        [&](const Entry& e) { ids.push_back(e.thread); });
    return ids;
  };
  using Threads = std::vector<ThreadId>;
  EXPECT_EQ(threads(), (Threads{1, 2}));
  // Ties both together: joins the one that refers to it.
  store.append(*account, box("INBOX"), reply(2, "<1@x>"));
  EXPECT_EQ(threads(), (Threads{1, 2, 1}));
  store.append(*account, box("INBOX"), reply(4, "<2@x>"));
  store.append(*account, box("INBOX"), reply(5, "<1@x>"));
  EXPECT_EQ(threads(), (Threads{1, 2, 1, 1, 2}));
  store.append(*account, box("INBOX"),
               "Subject: other\nReferences: <1@x>\n\nx\n");
  EXPECT_EQ(threads(), (Threads{1, 2, 1, 1, 2, 3}));
  EXPECT_EQ(check(store.folder(), Depth::Rows).problems,
            std::vector<std::string>{});
}

}  // namespace
}  // namespace mail::store
