#include "tests/support/old_schema.h"

#include <filesystem>

#include "tests/support/temp_dir.h"

namespace mail {
namespace {

struct Table {
  std::string name;
  std::string columns;  // "a,b,c"
};

// Statements live by their text: here it is made up.
std::vector<std::string> texts(db::Database& db, const std::string& sql) {
  db::Statement query(db.handle(), sql);
  query.bind();
  std::vector<std::string> all;
  while (query.step()) all.emplace_back(query.text(0));
  return all;
}

std::vector<Table> tables_of(db::Database& db) {
  std::vector<Table> tables;
  for (const std::string& name : texts(
           db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name "
               "NOT LIKE 'sqlite_%' ORDER BY name")) {
    std::string columns;
    for (const std::string& column :
         texts(db, "SELECT name FROM pragma_table_info('" + name + "')")) {
      columns += (columns.empty() ? "" : ",") + column;
    }
    tables.push_back({name, columns});
  }
  return tables;
}

std::string replaced(std::string text, std::string_view what,
                     std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos;) {
    text.replace(at, what.size(), with);
    at += with.size();
  }
  return text;
}

}  // namespace

void make_older(const std::string& path, db::Steps steps, int version) {
  const std::string fresh = path + ".older";
  {
    db::Database older(fresh, db::Mode::Write);
    older.migrate(steps.first(static_cast<std::size_t>(version)));
    older.run("PRAGMA foreign_keys=OFF");
    older.run("ATTACH '" + path + "' AS now");
    for (const auto& [name, columns] : tables_of(older)) {
      older.run("DELETE FROM main." + name);
      older.run("INSERT INTO main." + name + "(" + columns + ") SELECT " +
                columns + " FROM now." + name);
    }
    older.run("DETACH now");
    older.checkpoint_truncate();
  }
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(path + suffix);
    std::error_code nothing_there;
    std::filesystem::rename(fresh + suffix, path + suffix, nothing_there);
  }
}

std::vector<std::string> rows_of(const std::string& path, db::Steps steps,
                                 int version) {
  const TempDir dir;
  db::Database pattern(dir.path() + "/pattern", db::Mode::Write);
  pattern.migrate(steps.first(static_cast<std::size_t>(version)));
  db::Database db(path, db::Mode::Existing);
  std::vector<std::string> rows;
  for (const auto& [name, columns] : tables_of(pattern)) {
    // quote() tells NULL, text, numbers and blobs apart.
    const std::string row =
        "'" + name + "|' || quote(" +
        replaced(columns, ",", ") || '|' || quote(") + ")";
    for (std::string& text : texts(
             db, "SELECT " + row + " AS row FROM " + name + " ORDER BY row")) {
      rows.push_back(std::move(text));
    }
  }
  return rows;
}

int schema_of(const std::string& path) {
  db::Database db(path, db::Mode::Existing);
  return db.version();
}

}  // namespace mail
