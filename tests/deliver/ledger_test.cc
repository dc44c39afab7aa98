#include "deliver/ledger.h"

#include <gtest/gtest.h>

#include "spool/spool.h"
#include "tests/support/temp_dir.h"

namespace mail::deliver {
namespace {

spool::StoredMessage message() {
  spool::StoredMessage m;
  m.id = spool::make_id(wall_time());
  m.recipients.emplace_back().next_at = 7;
  return m;
}

TEST(LedgerTest, WritesAGroupAtOnce) {
  TempDir dir;
  spool::QueueDb db(dir.path() + "/queue.db");
  Ledger ledger(db);
  EXPECT_FALSE(ledger.due());
  const auto a = message();
  const auto b = message();
  ledger.change(a);
  ledger.change(b);
  EXPECT_TRUE(ledger.due());
  EXPECT_FALSE(db.has(a.id));
  EXPECT_EQ(ledger.write().size(), 2u);
  EXPECT_TRUE(db.has(b.id));
  EXPECT_FALSE(ledger.due());
  ledger.done(a.id);
  ledger.write();
  EXPECT_FALSE(db.has(a.id));
}

TEST(LedgerTest, DoneIsTheLastWord) {
  TempDir dir;
  spool::QueueDb db(dir.path() + "/queue.db");
  Ledger ledger(db);
  const auto m = message();
  ledger.change(m);
  ledger.done(m.id);
  EXPECT_TRUE(ledger.write().empty());
  EXPECT_FALSE(db.has(m.id));
}

TEST(LedgerTest, AFullGroupDoesNotWait) {
  TempDir dir;
  spool::QueueDb db(dir.path() + "/queue.db");
  Ledger ledger(db);
  for (int i = 0; i < 256; ++i) ledger.change(message());
  EXPECT_EQ(ledger.write_when_due().size(), 256u);
}

}  // namespace
}  // namespace mail::deliver
