#include "db/statement.h"

#include <sqlite3.h>

#include "base/fault.h"

namespace mail::db {

void throw_sqlite(sqlite3* db, std::string_view doing) {
  const int code = sqlite3_errcode(db);
  const std::string text =
      std::string(doing.substr(0, 200)) + ": " + sqlite3_errmsg(db);
  if ((code & 0xff) == SQLITE_FULL) throw NoSpace(text);
  if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB) {
    const char* file = sqlite3_db_filename(db, "main");
    throw Damaged((file ? std::string(file) + ": " : "") + text);
  }
  throw Fault(text);
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement::Statement(sqlite3* db, std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &raw,
                         nullptr) != SQLITE_OK) {
    throw_sqlite(db, sql);
  }
  statement_.reset(raw);
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) fail();
  sqlite3_reset(statement_.get());
  return false;
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::string_view Statement::text(int column) const { return blob(column); }

std::string_view Statement::blob(int column) const {
  const auto* bytes =
      static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes ? std::string_view(bytes, static_cast<std::size_t>(size))
               : std::string_view();
}

void Statement::bind_integer(int position, std::int64_t value) {
  if (sqlite3_bind_int64(statement_.get(), position, value) != SQLITE_OK) {
    fail();
  }
}

void Statement::bind_one(int position, std::string_view value) {
  // A null pointer would bind NULL.
  const char* data = value.data() ? value.data() : "";
  if (sqlite3_bind_text64(statement_.get(), position, data, value.size(),
                          SQLITE_STATIC, SQLITE_UTF8) != SQLITE_OK) {
    fail();
  }
}

void Statement::bind_one(int position, Blob value) {
  const char* data = value.bytes.data() ? value.bytes.data() : "";
  if (sqlite3_bind_blob64(statement_.get(), position, data, value.bytes.size(),
                          SQLITE_STATIC) != SQLITE_OK) {
    fail();
  }
}

void Statement::fail() const {
  sqlite3* db = sqlite3_db_handle(statement_.get());
  const char* sql = sqlite3_sql(statement_.get());
  struct Reset {
    sqlite3_stmt* statement;
    ~Reset() { sqlite3_reset(statement); }
  } reset{statement_.get()};
  throw_sqlite(db, sql ? sql : "statement");
}

}  // namespace mail::db
