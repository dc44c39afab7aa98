#include "store/account.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/fault.h"
#include "store/administration.h"
#include "store/uid_set.h"
#include "tests/support/mail_store.h"
#include "tests/support/write_message.h"

namespace mail::store {
namespace {

const UidSet kAll = {{1, UINT32_MAX}};

struct AccountTest : testing::Test {
  MailboxId box(std::string_view name) { return account->mailbox(name)->id; }
  std::vector<Entry> list(MailboxId mailbox) {
    std::vector<Entry> all;
    account->each_entry(mailbox, kAll[0],
                        [&](const Entry& entry) { all.push_back(entry); });
    return all;
  }
  std::vector<Uid> seen_at(MailboxId mailbox, Modseq mark, Uid uidnext) {
    std::vector<Uid> uids;
    account->each_entry_at(mailbox, mark, {1, uidnext - 1},
                           [&](const Entry& e) { uids.push_back(e.uid); });
    return uids;
  }
  Uid put(std::string_view name, int number, Flags flags = 0) {
    return store.append(*account, box(name), numbered_message(number), flags);
  }
  void flag(MailboxId mailbox, UidSet uids, FlagAction action, Flags flags,
            std::vector<std::string> keywords = {}) {
    account->change_flags(mailbox, uids,
                          {action, flags, std::move(keywords), {}});
  }
  void expect_sound() {
    EXPECT_EQ(check(store.folder(), Depth::Checksums).problems,
              std::vector<std::string>{});
  }

  MailStore store;
  Lease account = store.open();
};

TEST_F(AccountTest, HasItsSystemMailboxesWithRoles) {
  const auto boxes = account->mailboxes();
  ASSERT_EQ(boxes.size(), 6u);
  std::set<std::uint32_t> validities;
  for (const auto& box : boxes) {
    EXPECT_NE(box.role, Role::None);
    EXPECT_TRUE(box.subscribed);
    EXPECT_EQ(box.uidnext, 1u);
    EXPECT_GE(box.highestmodseq, 1);
    validities.insert(box.uidvalidity);
  }
  EXPECT_EQ(validities.size(), 6u);
  EXPECT_EQ(account->mailbox("inbox")->name, "INBOX");
  EXPECT_EQ(account->mailbox(Role::Sent)->name, "Sent");
}

TEST_F(AccountTest, AppendsAndReadsAMessage) {
  const Uid uid = put("INBOX", 1, kSeen);
  EXPECT_EQ(uid, 1u);
  const auto all = list(box("INBOX"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].flags, kSeen);
  const auto content = account->content(all[0].email);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->length, all[0].size);
  const auto cached = account->cached(all[0].email);
  ASSERT_TRUE(cached);
  EXPECT_NE(cached->envelope.find("\"1\""), std::string::npos);
  EXPECT_EQ(cached->preview, "Body of 1");
  const auto inbox = *account->mailbox("INBOX");
  EXPECT_EQ(inbox.messages, 1);
  EXPECT_EQ(inbox.unseen, 0);
  EXPECT_EQ(inbox.uidnext, 2u);
  expect_sound();
}

TEST_F(AccountTest, MakesMissingParentsAndNormalizesNames) {
  const auto made = account->create_mailbox("A/e\xcc\x81/b", Role::None);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->name, "A/\xc3\xa9/b");
  EXPECT_TRUE(account->mailbox("A")->has_children);
  EXPECT_FALSE(account->create_mailbox("A/\xc3\xa9/b", Role::None));
  EXPECT_FALSE(account->create_mailbox("a//b", Role::None));
  EXPECT_FALSE(account->create_mailbox("", Role::None));
  EXPECT_FALSE(account->create_mailbox("a\nb", Role::None));
  EXPECT_FALSE(account->create_mailbox("iNbOx", Role::None));
  EXPECT_FALSE(account->create_mailbox("other", Role::Sent));
}

TEST_F(AccountTest, NeverReusesUidvalidityOrIds) {
  const auto first = *account->create_mailbox("x", Role::None);
  ASSERT_TRUE(account->delete_mailbox(first.id));
  const auto second = *account->create_mailbox("x", Role::None);
  EXPECT_GT(second.uidvalidity, first.uidvalidity);
  EXPECT_GT(second.id, first.id);
}

TEST_F(AccountTest, RefusesToDeleteInboxAndNamesOfParents) {
  const auto child = *account->create_mailbox("p/c", Role::None);
  EXPECT_FALSE(account->delete_mailbox(box("INBOX")));
  EXPECT_TRUE(account->delete_mailbox(box("p")));
  EXPECT_FALSE(account->delete_mailbox(account->named("p")->id));
  EXPECT_TRUE(account->delete_mailbox(child.id));
  EXPECT_TRUE(account->delete_mailbox(account->named("p")->id));
  EXPECT_FALSE(account->named("p"));
}

TEST_F(AccountTest, LeavesTheNameOfADeletedParent) {
  const auto parent = *account->create_mailbox("p", Role::None);
  const auto child = *account->create_mailbox("p/c", Role::None);
  put("p", 1);
  ASSERT_TRUE(account->delete_mailbox(parent.id));
  EXPECT_FALSE(account->mailbox("p"));
  EXPECT_FALSE(account->mailbox(parent.id));
  EXPECT_EQ(account->usage().emails, 0);
  const auto name = *account->named("p");
  EXPECT_FALSE(name.selectable);
  EXPECT_TRUE(name.has_children);
  EXPECT_NE(name.id, parent.id);
  EXPECT_EQ(name.messages, 0);
  EXPECT_FALSE(account->mailbox(name.id));
  EXPECT_EQ(account->mailbox(child.id)->name, "p/c");
  expect_sound();

  const auto again = *account->create_mailbox("p", Role::None);
  EXPECT_TRUE(again.selectable);
  EXPECT_GT(again.uidvalidity, parent.uidvalidity);
  EXPECT_EQ(again.uidnext, 1u);
  EXPECT_GT(again.highestmodseq, parent.highestmodseq);
  put("p", 2);
  EXPECT_EQ(account->mailbox("p")->messages, 1);
  expect_sound();
}

TEST_F(AccountTest, TheUseOfADeletedParentIsFree) {
  ASSERT_TRUE(account->create_mailbox("Junk/c", Role::None));
  ASSERT_TRUE(account->delete_mailbox(box("Junk")));
  EXPECT_FALSE(account->mailbox(Role::Junk));
  EXPECT_TRUE(account->create_mailbox("Spam", Role::Junk));
  EXPECT_FALSE(account->create_mailbox("Junk", Role::Junk));
}

TEST_F(AccountTest, CopiesAllOrNothingIfAskedTo) {
  put("INBOX", 1);
  put("INBOX", 2);
  account->change_flags(box("INBOX"), {{1, 1}},
                        {FlagAction::Add, kDeleted, {}, {}});
  account->expunge(box("INBOX"), {{1, 1}});
  const UidSet both = {{1, 2}};
  const auto to = box("Trash");
  EXPECT_TRUE(
      account->copy(box("INBOX"), both, to, IfGone::CopyNothing).incomplete);
  EXPECT_TRUE(
      account->move(box("INBOX"), both, to, IfGone::CopyNothing).incomplete);
  EXPECT_EQ(account->mailbox(to)->messages, 0);
  EXPECT_EQ(account->copy(box("INBOX"), both, to).uids.size(), 1u);
  EXPECT_EQ(account->move(box("INBOX"), both, to).uids.size(), 1u);
  expect_sound();
}

TEST_F(AccountTest, DeletingAMailboxFreesTheQuota) {
  const auto made = *account->create_mailbox("x", Role::None);
  put("x", 1);
  put("x", 2);
  account->copy(made.id, {{1, 1}}, box("INBOX"));
  ASSERT_EQ(account->usage().emails, 2);
  ASSERT_TRUE(account->delete_mailbox(made.id));
  EXPECT_EQ(account->usage().emails, 1);
  expect_sound();
}

TEST_F(AccountTest, RenamesWithChildren) {
  const auto made = *account->create_mailbox("a/b/c", Role::None);
  EXPECT_FALSE(account->rename_mailbox(box("a"), "a/b/d"));
  EXPECT_FALSE(account->rename_mailbox(box("a"), "Sent"));
  ASSERT_TRUE(account->rename_mailbox(box("a/b"), "z/y"));
  EXPECT_EQ(account->mailbox("z/y/c")->id, made.id);
  EXPECT_FALSE(account->mailbox("a/b"));
}

TEST_F(AccountTest, RenamingInboxMovesItsMessages) {
  put("INBOX", 1);
  put("INBOX", 2);
  ASSERT_TRUE(account->rename_mailbox(box("INBOX"), "old"));
  EXPECT_EQ(account->mailbox("old")->messages, 2);
  EXPECT_EQ(account->mailbox("INBOX")->messages, 0);
  expect_sound();
}

TEST_F(AccountTest, SubscriptionsAreNames) {
  account->subscribe("not/there");
  account->unsubscribe("Sent");
  const auto names = account->subscriptions();
  EXPECT_EQ(std::ranges::count(names, "not/there"), 1);
  EXPECT_EQ(std::ranges::count(names, "Sent"), 0);
  EXPECT_FALSE(account->mailbox("Sent")->subscribed);
}

TEST_F(AccountTest, RecentMessagesAreTakenOnce) {
  put("INBOX", 1);
  put("INBOX", 2);
  const MailboxId inbox = box("INBOX");
  EXPECT_EQ(account->take_recent(inbox, 3), 1u);
  EXPECT_EQ(account->take_recent(inbox, 3), 3u);
  put("INBOX", 3);
  put("INBOX", 4);
  EXPECT_EQ(account->take_recent(inbox, 4), 3u);  // 4 came later
  EXPECT_EQ(account->take_recent(inbox, 5), 4u);
  EXPECT_EQ(account->take_recent(inbox, 5), 5u);
}

TEST_F(AccountTest, RecentMessagesAreTakenByOneOfManyAtOnce) {
  const MailboxId inbox = box("INBOX");
  for (Uid round = 1; round <= 5; ++round) {
    const Uid uid = put("INBOX", static_cast<int>(round));
    std::atomic<int> takers = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const auto mine = store.open();
        takers += mine->take_recent(inbox, uid + 1) <= uid;
      });
    }
    threads.clear();
    EXPECT_EQ(takers, 1);
  }
}

TEST_F(AccountTest, TheListOfUidsIsThatOfAnyMark) {
  const MailboxId inbox = box("INBOX");
  for (int i = 0; i < 44; ++i) put("INBOX", i);
  for (int i = 0; i < 4; ++i) account->copy(inbox, kAll, inbox);
  flag(inbox, {{2, 2}, {4, 4}, {100, 300}, {690, 690}}, FlagAction::Add,
       kDeleted);
  const auto expect_as_seen = [&](Modseq mark, Uid uidnext) {
    UidSet seen;
    for (const Uid uid : seen_at(inbox, mark, uidnext)) add_uid(seen, uid);
    const UidSet list = account->uids_at(inbox, mark, uidnext);
    EXPECT_TRUE(std::ranges::equal(list, seen, [](auto a, auto b) {
      return a.first == b.first && a.last == b.last;
    })) << mark;
  };
  std::vector<std::pair<Modseq, Uid>> marks;
  for (const UidRange range : UidSet{{2, 3}, {4, 5}, {100, 299}, {300, 700}}) {
    marks.emplace_back(account->modseq(), account->mailbox(inbox)->uidnext);
    account->expunge(inbox, {range});
    put("INBOX", 1000);
    for (const auto& [mark, uidnext] : marks) expect_as_seen(mark, uidnext);
  }
  expect_as_seen(account->modseq(), account->mailbox(inbox)->uidnext);
}

TEST_F(AccountTest, FlagsOfAnEmailAreThoseOfAllItsEntries) {
  put("INBOX", 1);
  account->copy(box("INBOX"), kAll, box("Archive"));
  flag(box("INBOX"), kAll, FlagAction::Add, kSeen | kDeleted, {"$Work"});
  const auto copy = list(box("Archive"));
  ASSERT_EQ(copy.size(), 1u);
  EXPECT_EQ(copy[0].flags, kSeen);
  EXPECT_EQ(account->keywords(copy[0].keywords),
            std::vector<std::string>{"$Work"});
  EXPECT_EQ(account->mailbox("Archive")->unseen, 0);
  EXPECT_EQ(account->mailbox("INBOX")->deleted, 1);
  EXPECT_EQ(account->mailbox_keywords(box("Archive")),
            std::vector<std::string>{"$Work"});
  flag(box("Archive"), kAll, FlagAction::Remove, kSeen, {"$WORK"});
  EXPECT_EQ(list(box("INBOX"))[0].flags, kDeleted);
  EXPECT_TRUE(account->mailbox_keywords(box("INBOX")).empty());
  expect_sound();
}

TEST_F(AccountTest, FlagsThatStayAsTheyAreTakeNoModseq) {
  put("INBOX", 1, kSeen);
  const Modseq before = account->modseq();
  const auto outcome = account->change_flags(box("INBOX"), kAll,
                                             {FlagAction::Add, kSeen, {}, {}});
  EXPECT_EQ(outcome.changed.size(), 1u);
  EXPECT_EQ(outcome.modseq, 0);  // not that of who changed something last
  EXPECT_EQ(account->modseq(), before);
}

TEST_F(AccountTest, LeavesAloneWhatChangedSince) {
  put("INBOX", 1);
  put("INBOX", 2);
  const Modseq mark = account->modseq();
  flag(box("INBOX"), {{2, 2}}, FlagAction::Add, kFlagged);
  const auto outcome = account->change_flags(
      box("INBOX"), kAll, {FlagAction::Add, kSeen, {}, mark});
  EXPECT_EQ(outcome.modified, std::vector<Uid>{2});
  ASSERT_EQ(outcome.changed.size(), 1u);
  EXPECT_EQ(outcome.changed[0].modseq, outcome.modseq);
  EXPECT_EQ(account->uids_with(box("INBOX"), kFlagged, kSeen),
            std::vector<Uid>{2});
}

TEST_F(AccountTest, CopiesIntoAMailboxThatHoldsTheEmailAsANewEmail) {
  put("INBOX", 1);
  const auto copied = account->copy(box("INBOX"), kAll, box("INBOX"));
  ASSERT_EQ(copied.uids.size(), 1u);
  EXPECT_EQ(copied.uids[0], (std::pair<Uid, Uid>{1, 2}));
  const auto all = list(box("INBOX"));
  EXPECT_NE(all[0].email, all[1].email);
  EXPECT_EQ(all[0].thread, all[1].thread);
  EXPECT_TRUE(account->content(all[1].email));
  expect_sound();
}

TEST_F(AccountTest, MovesKeepTheEmail) {
  put("INBOX", 1);
  const EmailId email = list(box("INBOX"))[0].email;
  const auto moved = account->move(box("INBOX"), kAll, box("Trash"));
  EXPECT_EQ(moved.uids.size(), 1u);
  EXPECT_TRUE(list(box("INBOX")).empty());
  EXPECT_EQ(list(box("Trash"))[0].email, email);
  EXPECT_EQ(account->usage().emails, 1);
  account->move(box("Trash"), kAll, box("Trash"));
  EXPECT_EQ(list(box("Trash"))[0].uid, 2u);
  expect_sound();
}

TEST_F(AccountTest, ExpungesOnlyWhatIsDeletedAndListed) {
  for (int i = 1; i <= 5; ++i) put("INBOX", i, i == 3 ? 0 : kDeleted);
  const auto gone = account->expunge(box("INBOX"), {{2, 5}});
  EXPECT_EQ(count(gone), 3);
  EXPECT_TRUE(contains(gone, 2) && contains(gone, 4) && contains(gone, 5));
  EXPECT_EQ(account->uids(box("INBOX")), (std::vector<Uid>{1, 3}));
  EXPECT_EQ(account->usage().emails, 2);
  expect_sound();
}

TEST_F(AccountTest, ASessionSeesWhatWasThereAtItsMark) {
  for (int i = 1; i <= 4; ++i) put("INBOX", i);
  const Modseq mark = account->modseq();
  const auto email = list(box("INBOX"))[1].email;
  flag(box("INBOX"), {{2, 3}}, FlagAction::Add, kDeleted);
  account->expunge(box("INBOX"), kAll);
  put("INBOX", 5);
  EXPECT_EQ(seen_at(box("INBOX"), mark, 5), (std::vector<Uid>{1, 2, 3, 4}));
  EXPECT_TRUE(account->content(email));
  EXPECT_TRUE(account->cached(email));
  const auto changes = account->changes(box("INBOX"), mark);
  ASSERT_TRUE(changes);
  EXPECT_EQ(changes->uidnext, 6u);
  ASSERT_EQ(changes->expunged.size(), 1u);
  EXPECT_EQ(changes->expunged[0].first, 2u);
  EXPECT_EQ(changes->expunged[0].last, 3u);
  ASSERT_EQ(changes->changed.size(), 1u);
  EXPECT_EQ(changes->changed[0].uid, 5u);
  EXPECT_EQ(seen_at(box("INBOX"), changes->mark, 6),
            (std::vector<Uid>{1, 4, 5}));
}

TEST_F(AccountTest, ChangesOfAMailboxThatIsGoneAreNone) {
  const auto made = *account->create_mailbox("x", Role::None);
  account->delete_mailbox(made.id);
  EXPECT_FALSE(account->changes(made.id, 1));
  EXPECT_FALSE(account->mailbox(made.id));
  EXPECT_THROW(account->copy(box("INBOX"), kAll, made.id), Fault);
}

TEST_F(AccountTest, FirstUnseenAndUidsWithFlags) {
  put("INBOX", 1, kSeen);
  put("INBOX", 2);
  put("INBOX", 3, kDraft);
  EXPECT_EQ(account->first_unseen(box("INBOX")), 2u);
  EXPECT_EQ(account->uids_with(box("INBOX"), 0, kSeen),
            (std::vector<Uid>{2, 3}));
  EXPECT_EQ(account->uids_with(box("INBOX"), kDraft, 0), (std::vector<Uid>{3}));
  EXPECT_EQ(account->uids_with(box("INBOX"), kDeleted, 0), std::vector<Uid>{});
  EXPECT_FALSE(account->first_unseen(box("Sent")));
}

TEST_F(AccountTest, RefusesWhatTheQuotaDoesNotHold) {
  put("INBOX", 1);
  account->limit_bytes(account->usage().bytes + 10);
  const auto append = [&] {
    return append_one(*account, box("INBOX"),
                      store.write(*account, numbered_message(2)));
  };
  const auto refused = append();
  EXPECT_EQ(std::get<NotAppended>(refused), NotAppended::OverQuota);
  EXPECT_EQ(account->mailbox("INBOX")->messages, 1);
  account->limit_bytes(0);
  EXPECT_EQ(append().index(), 0u);
}

// The usual quota is of the process, not of the account: nothing of it is
// kept, so that a change counts for all accounts at once.
TEST(UsualQuotaTest, CountsWhereAnAccountHasNoneOfItsOwn) {
  AccountsOptions options;
  options.usual_quota = 1000;
  MailStore store(options);
  const Lease account = store.open();
  EXPECT_EQ(account->usage().limit_bytes, 1000);
  EXPECT_EQ(account->own_limit_bytes(), 0);
  const auto inbox = account->mailbox("INBOX")->id;
  const auto append = [&] {
    return append_one(*account, inbox,
                      store.write(*account, std::string(1001, 'x')));
  };
  EXPECT_EQ(std::get<NotAppended>(append()), NotAppended::OverQuota);
  const auto arrival = store.arrive(*account, "01M84S01RS36JNRT1GPMT53GXR",
                                    std::string(1001, 'x'));
  EXPECT_EQ(account->deliver({&arrival, 1}).front(), Delivered::OverQuota);
  const Uid uid = store.append(*account, inbox, std::string(600, 'x'));
  const auto copied = account->copy(inbox, {{uid, uid}}, inbox);
  EXPECT_TRUE(copied.over_quota) << "twice the same in one mailbox takes room";
  account->limit_bytes(5000);
  EXPECT_EQ(account->usage().limit_bytes, 5000);
  EXPECT_EQ(append().index(), 0u);
  account->limit_bytes(0);
  EXPECT_EQ(account->usage().limit_bytes, 1000);

  AccountsOptions changed = store.options();
  changed.usual_quota = 9000;
  Accounts others(changed);
  EXPECT_EQ(others.open(1)->usage().limit_bytes, 9000);
}

// A header as long as a message costs no such memory, but is there.
TEST_F(AccountTest, AHugeHeaderIsCutWhereItIsReadAndWholeWhereItIsSent) {
  const std::string subject(3'000'000, 's');
  const std::string header =
      "From: a@b.example\nSubject: " + subject + "\nTo: c@d.example\n\n";
  store.append(*account, box("INBOX"), header + "body\n");
  const EmailId email = list(box("INBOX")).front().email;
  for (int turn = 0; turn < 2; ++turn) {
    const auto cached = account->cached(email, kAllCached);
    ASSERT_TRUE(cached);
    EXPECT_EQ(cached->header.size(), header.size() + 4);
    EXPECT_TRUE(cached->header.ends_with("\r\nTo: c@d.example\r\n\r\n"));
    EXPECT_LT(cached->envelope.size(), 1'100'000u);
    EXPECT_TRUE(cached->envelope.contains("sssss"));
  }
  EXPECT_EQ(account->cached(email, kHeader)->header.size(), header.size() + 4);
  expect_sound();
}

// Not before it is in cache.db either.
TEST_F(AccountTest, AHeaderTooLongToKeepIsReadOnlyWhenItIsWanted) {
  store.append(*account, box("INBOX"),
               "Subject: " + std::string(20'000, 's') + "\n\nbody\n");
  const EmailId email = list(box("INBOX")).front().email;
  std::filesystem::remove_all(store.folder() + "/msg");
  EXPECT_TRUE(account->cached(email, kEnvelope | kBodystructure));
  EXPECT_FALSE(account->cached(email, kHeader));
}

}  // namespace
}  // namespace mail::store
