#include "db/database.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>
#include <vector>

#include "base/fault.h"
#include "tests/support/temp_dir.h"

namespace mail::db {
namespace {

constexpr std::string_view kSteps[] = {
    "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT) STRICT",
    "ALTER TABLE t ADD COLUMN data BLOB",
};

struct DatabaseTest : testing::Test {
  std::string path() const { return dir.path() + "/t.db"; }
  TempDir dir;
};

TEST_F(DatabaseTest, MigratesForwardAndOnlyOnce) {
  {
    Database db(path(), Mode::Write);
    db.migrate(Steps(kSteps).first(1));
    EXPECT_EQ(db.version(), 1);
  }
  Database db(path(), Mode::Write);
  db.migrate(kSteps);
  db.migrate(kSteps);
  EXPECT_EQ(db.version(), 2);
  EXPECT_THROW(db.migrate(Steps(kSteps).first(1)), Fault);
}

// Two take turns, so that there is always one who reads the log.
TEST_F(DatabaseTest, TheLogEndsAlthoughSomebodyAlwaysReads) {
  Database db(path(), Mode::Write);
  db.migrate(kSteps);
  std::vector<std::jthread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&, i](const std::stop_token& stop) {
      Database own(path(), Mode::Existing);
      std::this_thread::sleep_for(std::chrono::milliseconds(5 * i));
      while (!stop.stop_requested()) {
        own.begin_view();
        own.statement("SELECT count(*) FROM t").step();
        own.statement("SELECT count(*) FROM t").reset();
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        own.end_view();
      }
    });
  }
  const std::string text(4000, 'x');
  for (int i = 0; i < 1500; ++i) {
    Transaction change(db);
    db.statement("INSERT INTO t(name) VALUES(?)").run(text);
    change.commit();
    db.checkpoint_above(100);
  }
  EXPECT_LT(std::filesystem::file_size(path() + "-wal"), 4u << 20);
}

TEST_F(DatabaseTest, RollsBackByScope) {
  Database db(path(), Mode::Write);
  db.migrate(kSteps);
  {
    const Transaction change(db);
    db.statement("INSERT INTO t(name) VALUES(?)").run("lost");
  }
  {
    Transaction change(db);
    db.statement("INSERT INTO t(name, data) VALUES(?, ?)")
        .run("kept", Blob{std::string_view("a\0b", 3)});
    change.commit();
  }
  auto& all = db.statement("SELECT name, data FROM t");
  ASSERT_TRUE(all.step());
  EXPECT_EQ(all.text(0), "kept");
  EXPECT_EQ(all.blob(1), std::string_view("a\0b", 3));
  EXPECT_FALSE(all.step());
}

TEST_F(DatabaseTest, AReaderSeesThatAnotherCommitted) {
  Database writer(path(), Mode::Write);
  writer.migrate(kSteps);
  Database reader(path(), Mode::Read);
  const auto before = reader.data_version();
  writer.statement("INSERT INTO t(name) VALUES('x')").run();
  EXPECT_NE(reader.data_version(), before);
  EXPECT_THROW(reader.statement("DELETE FROM t").run(), Fault);
}

TEST_F(DatabaseTest, AViewIsOfOneMomentAsOftenAsOneIsTaken) {
  Database writer(path(), Mode::Write);
  writer.migrate(kSteps);
  Database reader(path(), Mode::Write);
  const auto rows = [&] {
    auto& count = reader.statement("SELECT count(*) FROM t");
    count.bind();
    count.step();
    const auto number = count.integer(0);
    count.reset();
    return number;
  };
  for (int before = 0; before < 3; ++before) {
    reader.begin_view();
    reader.begin_view();  // the same one
    EXPECT_EQ(rows(), before);
    writer.run("INSERT INTO t(name) VALUES('x')");
    EXPECT_EQ(rows(), before);
    reader.end_view();
    reader.end_view();
    EXPECT_EQ(rows(), before + 1);
  }
}

TEST_F(DatabaseTest, NamesTheSqlThatFailed) {
  Database db(path(), Mode::Write);
  try {
    db.statement("SELECT nothing FROM nowhere");
    FAIL();
  } catch (const Fault& fault) {
    EXPECT_NE(std::string(fault.what()).find("nowhere"), std::string::npos);
  }
}

}  // namespace
}  // namespace mail::db
