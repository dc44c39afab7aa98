#include <gtest/gtest.h>

#include "db/database.h"
#include "store/cache_queries.h"
#include "store/queries.h"
#include "store/schema.h"
#include "store/word_queries.h"
#include "tests/support/temp_dir.h"

namespace mail::store {
namespace {

struct Plan {
  std::string_view sql;
  std::string_view wanted;  // the detail lines, joined by "; "
};

constexpr std::string_view kRange =
    "SEARCH entry USING PRIMARY KEY (mailbox=? AND uid>? AND uid<?)";

constexpr Plan kPlans[] = {
    {queries::kEntries, kRange},
    {queries::kFlagsOfEntries, kRange},
    {queries::kUids, "SEARCH entry USING PRIMARY KEY (mailbox=?)"},
    {queries::kUidsFrom,
     "SEARCH entry USING PRIMARY KEY (mailbox=? AND uid>?)"},
    {queries::kChanged,
     "SEARCH entry USING INDEX entry_modseq (mailbox=? AND modseq>?)"},
    {queries::kExpungedSince,
     "SEARCH expunged USING INDEX expunged_modseq (mailbox=? AND modseq>?)"},
    {queries::kExpungedRange,
     "SEARCH expunged USING PRIMARY KEY (mailbox=? AND uid>? AND uid<?)"},
    {queries::kVanishedSince,
     "SEARCH vanished USING PRIMARY KEY (mailbox=? AND modseq>?)"},
    {queries::kFirstUnseen,
     "SEARCH entry USING COVERING INDEX entry_unseen (mailbox=?)"},
    {queries::kCountFrom,
     "SEARCH entry USING PRIMARY KEY (mailbox=? AND uid>?)"},
    {queries::kDeletedBytes,
     "SEARCH entry USING INDEX entry_deleted (mailbox=?)"},
    {queries::kUnseen,
     "SEARCH entry USING COVERING INDEX entry_unseen (mailbox=?)"},
    {queries::kUnseenWith,
     "SEARCH entry USING COVERING INDEX entry_unseen (mailbox=?)"},
    {queries::kDeletedWith,
     "SEARCH entry USING INDEX entry_deleted (mailbox=?)"},
    {queries::kFlaggedWith,
     "SEARCH entry USING INDEX entry_flagged (mailbox=?)"},
    {queries::kAnyWith, "SEARCH entry USING PRIMARY KEY (mailbox=?)"},
    {queries::kNextKeywords,
     "SEARCH entry USING COVERING INDEX entry_keywords "
     "(mailbox=? AND keywords>? AND keywords<?)"},
    {queries::kEntriesOfEmail,
     "SEARCH entry USING INDEX entry_email (email=?)"},
    {queries::kHolds,
     "SEARCH entry USING COVERING INDEX entry_email (email=? AND mailbox=?)"},
    {queries::kAnyBetween, kRange},
    {queries::kStoreFlags,
     "SEARCH entry USING PRIMARY KEY (mailbox=? AND uid=?)"},
    {queries::kExpungeRange,
     "SEARCH entry USING INDEX entry_deleted (mailbox=? AND uid>? AND uid<?)"},
    {queries::kDropDeletedRange,
     "SEARCH entry USING INDEX entry_deleted (mailbox=? AND uid>? AND uid<?)"},
    {queries::kExpungeOne,
     "SEARCH entry USING PRIMARY KEY (mailbox=? AND uid=?)"},
    {queries::kDropOne, "SEARCH entry USING PRIMARY KEY (mailbox=? AND uid=?)"},
    {queries::kDepart,
     "SEARCH expunged USING INDEX expunged_modseq (mailbox=? AND modseq=?); "
     "CORRELATED SCALAR SUBQUERY 1; "
     "SEARCH entry USING COVERING INDEX entry_email (email=?)"},
    {queries::kPlaceOfEmail,
     "SEARCH email USING INTEGER PRIMARY KEY (rowid=?)"},
    {queries::kUidsOfEmail,
     "SEARCH entry USING COVERING INDEX entry_email (email=? AND mailbox=?)"},
    {queries::kUidsAbove,
     "SEARCH entry USING COVERING INDEX entry_email (email>?)"},
    {queries::kEmails, "SEARCH entry USING PRIMARY KEY (mailbox=?)"},
    {queries::kEmailsAbove, "SEARCH email USING INTEGER PRIMARY KEY (rowid>?)"},
    {queries::kEmailsBetween,
     "SEARCH email USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
    {queries::kOriginal, "SEARCH twin USING INTEGER PRIMARY KEY (rowid=?)"},
    {queries::kTwins,
     "SEARCH twin USING COVERING INDEX twin_original (original=?)"},
    {queries::kThreadOfKey,
     "SEARCH thread_key USING INTEGER PRIMARY KEY (rowid=?)"},
    {queries::kSharesFile,
     "COMPOUND QUERY; LEFT-MOST SUBQUERY; "
     "SEARCH email USING INTEGER PRIMARY KEY (rowid=?); UNION ALL; "
     "SEARCH twin USING COVERING INDEX twin_original (original=?); "
     "SEARCH email USING INTEGER PRIMARY KEY (rowid=?)"},
    {queries::kDeliveredAny, "SEARCH delivered USING PRIMARY KEY (spool_id=?)"},
};

constexpr std::string_view kCachedRow =
    "SEARCH cached USING INTEGER PRIMARY KEY (rowid=?)";

constexpr Plan kCachePlans[] = {
    {queries::kCached, kCachedRow},
    {queries::kCachedStructure, kCachedRow},
    {queries::kCachedHeader, kCachedRow},
    {queries::kCachedParts, kCachedRow},
};

constexpr Plan kSearchPlans[] = {
    {queries::kWordsFrom,
     "SEARCH words USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
    {queries::kListsOf, "SEARCH lists USING INTEGER PRIMARY KEY (rowid=?)"},
};

std::string plan_of(db::Database& db, std::string_view sql) {
  db::Statement explain(db.handle(), "EXPLAIN QUERY PLAN " + std::string(sql));
  std::string lines;
  while (explain.step()) {
    if (!lines.empty()) lines += "; ";
    lines += explain.text(3);
  }
  return lines;
}

TEST(PlansTest, HotStatementsUseTheirIndexes) {
  const TempDir dir;
  db::Database mail(dir.path() + "/mail.db", db::Mode::Write);
  mail.migrate(mail_steps());
  for (const Plan& plan : kPlans) {
    EXPECT_EQ(plan_of(mail, plan.sql), plan.wanted) << plan.sql;
  }
}

TEST(PlansTest, TheCacheIsReadByKey) {
  const TempDir dir;
  db::Database cache(dir.path() + "/cache.db", db::Mode::Write);
  cache.migrate(cache_steps());
  for (const Plan& plan : kCachePlans) {
    EXPECT_EQ(plan_of(cache, plan.sql), plan.wanted) << plan.sql;
  }
}

TEST(PlansTest, TheIndexOfWordsIsReadByKey) {
  const TempDir dir;
  db::Database search(dir.path() + "/search.db", db::Mode::Write);
  search.migrate(search_steps());
  for (const Plan& plan : kSearchPlans) {
    EXPECT_EQ(plan_of(search, plan.sql), plan.wanted) << plan.sql;
  }
}

}  // namespace
}  // namespace mail::store
