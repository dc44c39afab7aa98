// One prepared SQL statement.
//
//   auto& next = db.statement("SELECT id FROM t WHERE box = ? AND uid > ?");
//   next.bind(mailbox, last_uid);
//   while (next.step()) ids.push_back(next.integer(0));
//
// step() past the last row starts afresh, and so does bind(); a statement
// that is left with rows unread should be reset().  Text is bound and read as
// bytes; NUL is kept.  Every SQLite error is a Fault whose text names the SQL.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/fault.h"

struct sqlite3;
struct sqlite3_stmt;

namespace mail::db {

// Bytes bound as a BLOB rather than as TEXT.
struct Blob {
  std::string_view bytes;
};

class Statement {
 public:
  Statement(sqlite3* db, std::string_view sql);

  // Binds the values to ?1, ?2, ... and starts afresh.  What is bound must
  // live until the last step().
  template <class... Values>
  Statement& bind(Values&&... values) {
    static_assert((!std::is_same_v<Values, std::string> && ...),
                  "a temporary string is gone before the first step");
    bind_all(values...);
    return *this;
  }

  // Moves to the next row; false when there is none.
  bool step();

  // bind and run to the end.
  template <class... Values>
  void run(const Values&... values) {
    bind_all(values...);
    while (step()) {
    }
  }

  void reset();

  std::int64_t integer(int column) const;
  bool is_null(int column) const;
  // Valid until the next step().
  std::string_view text(int column) const;
  std::string_view blob(int column) const;

 private:
  template <class... Values>
  void bind_all(const Values&... values) {
    reset();
    [[maybe_unused]] int position = 0;
    (bind_one(++position, values), ...);
  }
  template <std::integral Integer>
  void bind_one(int position, Integer value) {
    bind_integer(position, static_cast<std::int64_t>(value));
  }
  template <class T>
  void bind_one(int position, const std::optional<T>& value) {
    if (value) bind_one(position, *value);  // else NULL: reset() cleared it
  }
  void bind_one(int position, std::string_view value);
  void bind_one(int position, const std::string& value) {
    bind_one(position, std::string_view(value));
  }
  void bind_one(int position, const char* value) {
    bind_one(position, std::string_view(value));
  }
  void bind_one(int position, Blob value);
  void bind_one(int, std::nullopt_t) {}
  void bind_integer(int position, std::int64_t value);
  [[noreturn]] void fail() const;

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// The file is not what was written to it.
class Damaged : public Fault {
 public:
  using Fault::Fault;
};

// Throws the Fault for the last error: a NoSpace when the disk is full, a
// Damaged when the file is.
[[noreturn]] void throw_sqlite(sqlite3* db, std::string_view doing);

}  // namespace mail::db
