#include "store/word_index.h"

#include <gtest/gtest.h>

#include "tests/support/mail_store.h"

namespace mail::store {
namespace {

using Step = Indexing::Step;

struct WordIndexTest : testing::Test {
  void put(const std::string& subject, const std::string& body) {
    const auto account = store.open();
    store.append(*account, account->mailbox("INBOX")->id,
                 "Subject: " + subject + "\nFrom: ann@example.org\n\n" + body);
  }
  Indexing index() {
    Indexing state;
    do {
      state = store.open()->index_words();
    } while (state.step == Step::More);
    return state;
  }
  TextHits find(const std::string& text, TextKey::In in = TextKey::In::Text) {
    return store.open()->find_text({in, "subject", text});
  }
  std::int64_t count(std::string_view sql) {
    store.accounts().close_idle();
    db::Database db(store.folder() + "/search.db", db::Mode::Existing);
    db::Statement query(db.handle(), sql);
    query.step();
    return query.integer(0);
  }
  void change(std::string_view file, std::string_view sql) {
    store.accounts().close_idle();
    db::Database db(store.folder() + std::string(file), db::Mode::Existing);
    db.run(sql);
  }

  MailStore store;
};

using Emails = std::vector<EmailId>;

TEST_F(WordIndexTest, KnowsWhatItHolds) {
  put("one", "apples and pears");
  put("two apples", "nothing");
  EXPECT_EQ(find("apple").upto, 0);
  EXPECT_EQ(store.open()->indexing().step, Step::More);
  EXPECT_EQ(index().upto, 2);
  EXPECT_EQ(store.open()->indexing().step, Step::Done);
  EXPECT_EQ(find("apple").sure, (Emails{1, 2}));
  EXPECT_EQ(find("apple", TextKey::In::Body).sure, Emails{1});
  EXPECT_EQ(find("apple", TextKey::In::Field).sure, Emails{2});
  EXPECT_EQ(find("apples and").maybe, Emails{1});
  EXPECT_EQ(find("apples nor").maybe, Emails{});
  put("three", "apple");
  EXPECT_EQ(find("apple").upto, 2);
  EXPECT_EQ(index().upto, 3);
  EXPECT_EQ(find("apple").sure, (Emails{1, 2, 3}));
}

TEST_F(WordIndexTest, KeepsFewSegments) {
  Emails all;
  for (EmailId id = 1; id <= 40; ++id) {
    put("message " + std::to_string(id), "same");
    index();
    all.push_back(id);
  }
  EXPECT_LT(count("SELECT count(*) FROM segment"), 8);
  EXPECT_EQ(find("same").sure, all);
  EXPECT_EQ(find("message").sure, all);
  EXPECT_EQ(find("37").sure, Emails{37});
}

TEST_F(WordIndexTest, LetsGoOfWhatWasRemoved) {
  for (const char* word : {"first", "second", "third"}) put(word, "text");
  index();
  {
    const auto account = store.open();
    const auto inbox = account->mailbox("INBOX")->id;
    account->change_flags(inbox, {{2, 2}}, {FlagAction::Add, kDeleted, {}, {}});
    account->expunge(inbox, {{2, 2}});
  }
  change("/mail.db",
         "UPDATE departed SET time = 1; UPDATE expunged SET time = 1");
  store.open()->maintain();
  EXPECT_EQ(count("SELECT sum(docs) FROM segment"), 2);
  EXPECT_EQ(count("SELECT count(*) FROM words "
                  "WHERE instr(text, CAST('second' AS BLOB)) > 0"),
            0);
  EXPECT_EQ(find("text").sure, (Emails{1, 3}));
  EXPECT_EQ(index().step, Step::Done);
}

TEST_F(WordIndexTest, LeavesMessagesWithTooManyWordsToTheReader) {
  std::string words;
  for (int i = 0; i < 60'000; ++i) words += "w" + std::to_string(i) + "\n";
  put("large", words);
  put("small", "text");
  index();
  EXPECT_EQ(find("w59999").maybe, Emails{1});
  EXPECT_EQ(find("nowhere").maybe, Emails{1});
  EXPECT_EQ(find("small").sure, Emails{2});
}

TEST_F(WordIndexTest, BeginsAnewWhenTheAccountWasSetBack) {
  put("one", "apple");
  index();
  for (const char* sql :
       {"UPDATE progress SET tag = 1", "UPDATE progress SET upto = 7",
        "UPDATE progress SET version = 99", "UPDATE segment SET first = 0",
        "UPDATE segment SET range = 0", "DELETE FROM lists",
        "UPDATE words SET sum = 1"}) {
    change("/search.db", sql);
    EXPECT_EQ(find("apple").upto, 0) << sql;
    EXPECT_EQ(index().upto, 1) << sql;
    EXPECT_EQ(find("apple").sure, Emails{1}) << sql;
  }
}

TEST_F(WordIndexTest, DoesNotWaitForWhoIsIndexing) {
  put("one", "apple");
  index();
  put("two", "apple");
  db::Database other(store.folder() + "/search.db", db::Mode::Existing);
  {
    const db::Transaction hold(other);
    EXPECT_EQ(store.open()->index_words().step, Step::Busy);
    EXPECT_EQ(find("apple").sure, Emails{1});
    EXPECT_EQ(find("apple").upto, 1);
  }
  EXPECT_EQ(index().upto, 2);
}

TEST_F(WordIndexTest, FindsTheUidsOfEmails) {
  for (int i = 0; i < 10; ++i) put(std::to_string(i), "text");
  const auto account = store.open();
  const auto inbox = *account->mailbox("INBOX");
  const auto archive = account->mailbox("Archive")->id;
  account->copy(inbox.id, {{3, 5}}, archive);
  const Emails few{4};
  const Emails many{1, 2, 3, 4, 5, 6};
  constexpr EmailId kNone = INT64_MAX;
  using Uids = std::vector<Uid>;
  const Modseq mark = account->modseq();
  EXPECT_EQ(account->uids_of(inbox.id, mark, few, kNone), Uids{4});
  EXPECT_EQ(account->uids_of(archive, mark, few, kNone), Uids{2});
  EXPECT_EQ(account->uids_of(archive, mark, many, kNone), (Uids{1, 2, 3}));
  EXPECT_EQ(account->uids_of(inbox.id, mark, few, 8), (Uids{4, 9, 10}));
  account->change_flags(inbox.id, {{4, 4}},
                        {FlagAction::Add, kDeleted, {}, {}});
  account->expunge(inbox.id, {{4, 4}});
  EXPECT_EQ(account->uids_of(inbox.id, mark, few, kNone), Uids{4});
  EXPECT_EQ(account->uids_of(inbox.id, account->modseq(), few, kNone), Uids{});
}

}  // namespace
}  // namespace mail::store
