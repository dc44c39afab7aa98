#include "db/database.h"

#include <sqlite3.h>

#include <map>

#include "base/fault.h"

namespace mail::db {
namespace {

// Writers take turns (db/turn.h); this is only the safety net.
constexpr int kBusyMilliseconds = 10'000;

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};

}  // namespace

struct Database::State {
  std::unique_ptr<sqlite3, Close> handle;
  // Keyed by the constant's address and size: no comparison of long texts.
  std::map<std::pair<const char*, std::size_t>, Statement> statements;
  int wal_pages = 0;
};

Database::Database(const std::string& path, Mode mode, Sync sync)
    : state_(std::make_unique<State>()) {
  const int flags =
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
      (mode == Mode::Read ? SQLITE_OPEN_READONLY
                          : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  state_->handle.reset(raw);
  if (code != SQLITE_OK) throw_sqlite(raw, "open " + path);
  sqlite3_busy_timeout(raw, kBusyMilliseconds);

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
  if (mode == Mode::Write) run("PRAGMA journal_mode=WAL");
  run(sync == Sync::Full ? "PRAGMA synchronous=FULL"
                         : "PRAGMA synchronous=OFF");
  run("PRAGMA foreign_keys=ON");
  run("PRAGMA trusted_schema=OFF");
}

Database::~Database() = default;

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

std::int64_t Database::data_version() {
  auto& query = statement("PRAGMA data_version");
  query.bind();
  query.step();
  const std::int64_t version = query.integer(0);
  query.reset();
  return version;
}

int Database::wal_pages() const { return state_->wal_pages; }

void Database::checkpoint_passive() {
  sqlite3_wal_checkpoint_v2(handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                            nullptr, nullptr);
}

void Database::checkpoint_truncate() {
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
  db_.statement("BEGIN IMMEDIATE").run();
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

Snapshot::Snapshot(Database& db) : db_(db) { db_.statement("BEGIN").run(); }

Snapshot::~Snapshot() {
  sqlite3_exec(db_.handle(), "END", nullptr, nullptr, nullptr);
}

}  // namespace mail::db
