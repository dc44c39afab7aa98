// One SQLite database, open.
//
//   db::Database db(path, db::Mode::Write);
//   db.migrate(kSteps);
//   db::Transaction change(db);            // BEGIN IMMEDIATE
//   ...
//   change.commit();                       // else rolled back by scope
//
// WAL with PERSIST_WAL and no checkpoint at close; synchronous=FULL unless
// said otherwise.  One thread at a time.  Every SQLite error is a Fault whose
// text names the SQL; a full disk is a NoSpace; busy (rare) is a Fault too.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/statement.h"

struct sqlite3;

namespace mail::db {

enum class Mode {
  Read,      // an existing database, also one the user may not write
  Write,     // made when it is not there
  Existing,  // to write too, but never made anew
};

// For what can be rebuilt: Normal may lose the last changes in a power cut but
// never harms the file; Off may.
enum class Sync { Full, Normal, Off };

// A numbered migration: step i brings the schema from version i to i + 1.
// Forward only; never changed once released.
using Steps = std::span<const std::string_view>;

class Database {
 public:
  Database(const std::string& path, Mode mode, Sync sync = Sync::Full);
  ~Database();
  Database(Database&&) noexcept;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs SQL without parameters or rows: schema and pragmas, constants only.
  void run(std::string_view sql);

  // A prepared statement, made when first asked for and kept.  `sql` must be
  // a string constant.
  Statement& statement(std::string_view sql);

  // PRAGMA user_version; the steps that are missing, each in a transaction.
  // Newer than the program knows: Fault.
  int version();
  void migrate(Steps steps);

  // From the next read on all reads see one state of the database, until
  // end_view() or a Transaction: SQLite takes its locks once and not for each
  // statement.
  void begin_view() noexcept;
  void end_view() noexcept;

  // Changes when another connection has committed (PRAGMA data_version).
  std::int64_t data_version();
  // Kibibytes of pages kept in memory; 2000 unless said otherwise.
  void limit_cache(int kilobytes);

  // Whether the last call failed because the file is damaged.
  bool met_damage() const noexcept;

  // Carries the write-ahead log over into the database; checkpoint_above()
  // when the last commit has left more than so many pages in it.
  void checkpoint_above(int pages);
  void checkpoint_passive();
  void checkpoint_truncate();

  std::int64_t last_insert_id() const;
  std::int64_t changed_rows() const;

  sqlite3* handle() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Whether SQLite finds damage at the front of the file; anywhere in it.
bool is_damaged(const std::string& path) noexcept;
bool has_damage(const std::string& path) noexcept;

// Removes the files of a database that can be made again.  Who has it open
// keeps what he sees until he closes it.
void discard(const std::string& path) noexcept;

// What SQLite finds wrong in the file, at most `most` sentences; none: sound.
// Fault when it cannot be looked at, on a full disk also.
std::vector<std::string> find_problems(const std::string& path, int most);

// A change that happens whole or not at all.  Ends a view.
class Transaction {
 public:
  explicit Transaction(Database& db);
  // Does not wait: begun() tells.  While another writes there is none.
  enum class Wait { No };
  Transaction(Database& db, Wait);
  bool begun() const { return open_; }
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Database& db_;
  bool open_ = true;
};

// While it lives, commits of a Sync::Full database are as with Sync::Normal.
// Made outside of transactions; ends a view.
class Unsynced {
 public:
  explicit Unsynced(Database& db);
  ~Unsynced();
  Unsynced(const Unsynced&) = delete;
  Unsynced& operator=(const Unsynced&) = delete;

 private:
  Database& db_;
};

// A consistent view over several reads (BEGIN ... END), or a part of the one
// that has begun.  Never held while waiting for a client.
class Snapshot {
 public:
  explicit Snapshot(Database& db);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Database& db_;
  bool own_;
};

}  // namespace mail::db
