#include "db/database.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <utility>

#include "base/fault.h"
#include "db/wal_index.h"

namespace mail::db {
namespace {

// Writers take turns (db/turn.h); this is only the safety net.
constexpr int kBusyMilliseconds = 10'000;
constexpr int kReadersMilliseconds = 200;

bool is_damage(int code) {
  return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

int open_flags(Mode mode) {
  if (mode == Mode::Read) return SQLITE_OPEN_READONLY;
  if (mode == Mode::Existing) return SQLITE_OPEN_READWRITE;
  return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
}

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};

struct Finalize {
  void operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
  }
};
using Kept = std::unique_ptr<sqlite3_stmt, Finalize>;

// For those that must not throw: `kept` is prepared when first needed.
bool run_kept(sqlite3* db, Kept& kept, const char* sql) noexcept {
  if (!kept) {
    sqlite3_stmt* raw = nullptr;
    sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    kept.reset(raw);
  }
  if (!kept) return false;
  sqlite3_step(kept.get());
  return sqlite3_reset(kept.get()) == SQLITE_OK;
}

// SQLite counts the memory it holds under one mutex, for all threads, at each
// allocation; nobody asks for the sum.  Before the first database is open.
void count_no_memory() {
  static const int done = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)done;
}

// The first change to an empty file needs a rollback journal, and that a
// folder one may write to.  In memory it does for a file that holds nothing.
void become_wal(Database& db) {
  Statement pages(db.handle(), "PRAGMA page_count");
  pages.step();
  if (pages.integer(0) == 0) db.run("PRAGMA journal_mode=MEMORY");
  pages.reset();
  db.run("PRAGMA journal_mode=WAL");
}

}  // namespace

struct Database::State {
  std::unique_ptr<sqlite3, Close> handle;
  // Keyed by the constant's address and size: no comparison of long texts.
  std::map<std::pair<const char*, std::size_t>, Statement> statements;
  int wal_pages = 0;  // in the log after the last commit
  int carried = 0;    // of these, when they were carried over last
  Kept begin;  // of a view
  Kept end;
  bool viewing = false;
};

Database::Database(const std::string& path, Mode mode, Sync sync)
    : state_(std::make_unique<State>()) {
  const int flags =
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | open_flags(mode);
  count_no_memory();
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  state_->handle.reset(raw);
  if (code != SQLITE_OK) throw_sqlite(raw, "open " + path);
  sqlite3_busy_timeout(raw, kBusyMilliseconds);

  // Many databases are open for a moment each: no arena for every one.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_LOOKASIDE, nullptr, 0, 0);
  reserve_wal_index(raw);
  int on = 1;
  sqlite3_file_control(raw, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_wal_hook(
      raw,
      [](void* state, sqlite3*, const char*, int pages) noexcept {
        static_cast<State*>(state)->wal_pages = pages;
        return SQLITE_OK;
      },
      state_.get());
  if (mode != Mode::Read) become_wal(*this);
  run(sync == Sync::Full     ? "PRAGMA synchronous=FULL"
      : sync == Sync::Normal ? "PRAGMA synchronous=NORMAL"
                             : "PRAGMA synchronous=OFF");
  // Sorting and statement journals: a daemon's cage has no folder for them.
  run("PRAGMA temp_store=MEMORY");
  run("PRAGMA foreign_keys=ON");
  run("PRAGMA trusted_schema=OFF");
}

Database::~Database() = default;
Database::Database(Database&&) noexcept = default;

sqlite3* Database::handle() const { return state_->handle.get(); }

void Database::run(std::string_view sql) {
  const std::string text(sql);
  if (sqlite3_exec(handle(), text.c_str(), nullptr, nullptr, nullptr) !=
      SQLITE_OK) {
    throw_sqlite(handle(), sql);
  }
}

Statement& Database::statement(std::string_view sql) {
  const auto key = std::pair(sql.data(), sql.size());
  const auto known = state_->statements.find(key);
  if (known != state_->statements.end()) return known->second;
  return state_->statements.emplace(key, Statement(handle(), sql))
      .first->second;
}

int Database::version() {
  Statement query(handle(), "PRAGMA user_version");
  query.step();
  return static_cast<int>(query.integer(0));
}

void Database::migrate(Steps steps) {
  const auto newest = static_cast<int>(steps.size());
  if (version() == newest) return;
  Transaction change(*this);
  const int from = version();  // another process may have been faster
  if (from > newest) {
    throw Fault("the database was made by a newer version of Staunch");
  }
  for (int step = from; step < newest; ++step) {
    run(steps[static_cast<std::size_t>(step)]);
  }
  run("PRAGMA user_version=" + std::to_string(newest));
  change.commit();
}

void Database::begin_view() noexcept {
  if (!sqlite3_get_autocommit(handle())) return;
  state_->viewing = run_kept(handle(), state_->begin, "BEGIN");
}

void Database::end_view() noexcept {
  if (!std::exchange(state_->viewing, false)) return;
  run_kept(handle(), state_->end, "END");
}

std::int64_t Database::data_version() {
  auto& query = statement("PRAGMA data_version");
  query.bind();
  query.step();
  const std::int64_t version = query.integer(0);
  query.reset();
  return version;
}

void Database::limit_cache(int kilobytes) {
  run("PRAGMA cache_size=-" + std::to_string(kilobytes));
}

namespace {

// Only for looking: a close must not delete the log of those who have the
// file open.
std::unique_ptr<sqlite3, Close> open_to_look(const char* path) noexcept {
  sqlite3* raw = nullptr;
  sqlite3_open_v2(path, &raw, SQLITE_OPEN_READWRITE, nullptr);
  reserve_wal_index(raw);
  int on = 1;
  sqlite3_file_control(raw, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return std::unique_ptr<sqlite3, Close>(raw);
}

}  // namespace

bool is_damaged(const std::string& path) noexcept {
  const auto look = open_to_look(path.c_str());
  return is_damage(sqlite3_exec(look.get(),
                                "SELECT count(*) FROM sqlite_schema", nullptr,
                                nullptr, nullptr));
}

bool has_damage(const std::string& path) noexcept {
  const auto look = open_to_look(path.c_str());
  bool sound = true;
  const int code = sqlite3_exec(
      look.get(), "PRAGMA integrity_check(1)",
      [](void* all_well, int, char** columns, char**) noexcept {
        *static_cast<bool*>(all_well) = columns[0] == std::string_view("ok");
        return 0;
      },
      &sound, nullptr);
  return code == SQLITE_OK ? !sound : is_damage(code);
}

void discard(const std::string& path) noexcept {
  constexpr std::size_t kLongest = 4096;
  for (const char* end : {"", "-wal", "-shm"}) {
    std::array<char, kLongest> name{};
    if (path.size() + std::strlen(end) >= name.size()) return;
    std::memcpy(name.data(), path.data(), path.size());
    std::strcpy(name.data() + path.size(), end);
    ::unlink(name.data());
  }
}

std::vector<std::string> find_problems(const std::string& path, int most) {
  const auto look = open_to_look(path.c_str());
  const std::string sql =
      "PRAGMA integrity_check(" + std::to_string(most) + ")";
  std::vector<std::string> found;
  const int code = sqlite3_exec(
      look.get(), sql.c_str(),
      [](void* list, int, char** columns, char**) noexcept {
        if (columns[0] != std::string_view("ok")) {
          static_cast<std::vector<std::string>*>(list)->emplace_back(
              columns[0]);
        }
        return 0;
      },
      &found, nullptr);
  // What the disk cannot give any more is lost as well.
  const bool unreadable =
      sqlite3_extended_errcode(look.get()) == SQLITE_IOERR_READ;
  if (is_damage(code) || unreadable) {
    found.emplace_back(sqlite3_errmsg(look.get()));
  } else if (code != SQLITE_OK) {
    throw_sqlite(look.get(), "look into " + path);
  }
  return found;
}

namespace {

// Where somebody reads all the time, the log does not begin again by itself.
// For a moment nobody writes, and who begins to read does without the log,
// until those who read it have come to an end.
void begin_log_again(sqlite3* db) {
  sqlite3_busy_timeout(db, kReadersMilliseconds);
  sqlite3_wal_checkpoint_v2(db, nullptr, SQLITE_CHECKPOINT_RESTART, nullptr,
                            nullptr);
  sqlite3_busy_timeout(db, kBusyMilliseconds);
}

}  // namespace

bool Database::met_damage() const noexcept {
  return is_damage(sqlite3_errcode(handle()));
}

// While readers keep the log from being begun again it grows; then it is tried
// now and then, not at every commit: each time costs two syncs.  In the end it
// is made to begin again.
void Database::checkpoint_above(int pages) {
  if (state_->wal_pages < state_->carried) state_->carried = 0;
  const int next = state_->carried + pages / 8;
  if (state_->wal_pages <= std::max(pages, next)) return;
  checkpoint_passive();
  if (state_->wal_pages > 2 * pages) begin_log_again(handle());
}

void Database::checkpoint_passive() {
  end_view();
  state_->carried = state_->wal_pages;
  sqlite3_wal_checkpoint_v2(handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                            nullptr, nullptr);
}

void Database::checkpoint_truncate() {
  end_view();
  sqlite3_wal_checkpoint_v2(handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE,
                            nullptr, nullptr);
}

std::int64_t Database::last_insert_id() const {
  return sqlite3_last_insert_rowid(handle());
}

std::int64_t Database::changed_rows() const {
  return sqlite3_changes64(handle());
}

Transaction::Transaction(Database& db) : db_(db) {
  db_.end_view();
  db_.statement("BEGIN IMMEDIATE").run();
}

Transaction::Transaction(Database& db, Wait) : db_(db) {
  sqlite3_busy_timeout(db_.handle(), 0);
  const int code =
      sqlite3_exec(db_.handle(), "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
  sqlite3_busy_timeout(db_.handle(), kBusyMilliseconds);
  open_ = code == SQLITE_OK;
  if (!open_ && (code & 0xff) != SQLITE_BUSY) {
    throw_sqlite(db_.handle(), "BEGIN IMMEDIATE");
  }
}

Transaction::~Transaction() {
  // Some errors have rolled back already; then there is nothing to undo.
  if (open_ && !sqlite3_get_autocommit(db_.handle())) {
    sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Transaction::commit() {
  db_.statement("COMMIT").run();
  open_ = false;
}

Unsynced::Unsynced(Database& db) : db_(db) {
  db_.end_view();
  db_.run("PRAGMA synchronous=NORMAL");
}

Unsynced::~Unsynced() {
  sqlite3_exec(db_.handle(), "PRAGMA synchronous=FULL", nullptr, nullptr,
               nullptr);
}

Snapshot::Snapshot(Database& db)
    : db_(db), own_(sqlite3_get_autocommit(db.handle()) != 0) {
  if (own_) db_.statement("BEGIN").run();
}

Snapshot::~Snapshot() {
  if (!own_) return;
  sqlite3_exec(db_.handle(), "END", nullptr, nullptr, nullptr);
}

}  // namespace mail::db
