#include "db/wal_index.h"

#include <sqlite3.h>
#include <sys/mman.h>

#include <cerrno>

namespace mail::db {
namespace {

using Map = int (*)(sqlite3_file*, int, int, int, void volatile**);

// The functions of SQLite's files as they are, but for one.
struct Methods {
  const sqlite3_io_methods* theirs;
  sqlite3_io_methods ours;
};
const Methods& methods(const sqlite3_io_methods* theirs);

int map_reserved(sqlite3_file* file, int part, int size, int extend,
                 void volatile** mapped) {
  const Map map = methods(nullptr).theirs->xShmMap;
  const int code = map(file, part, size, extend, mapped);
  if (code != SQLITE_OK || extend == 0 || *mapped == nullptr) return code;
  auto* const memory = const_cast<void*>(*mapped);
  // EFAULT: it would be SIGBUS.  Older kernels do not know the question.
  if (::madvise(memory, static_cast<std::size_t>(size),
                MADV_POPULATE_WRITE) == 0 ||
      errno != EFAULT) {
    return SQLITE_OK;
  }
  *mapped = nullptr;
  return SQLITE_FULL;
}

// Those of the first file: all have the same.
const Methods& methods(const sqlite3_io_methods* theirs) {
  static const Methods all = [theirs] {
    Methods made{theirs, *theirs};
    made.ours.xShmMap = map_reserved;
    return made;
  }();
  return all;
}

}  // namespace

void reserve_wal_index(sqlite3* db) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (file == nullptr || file->pMethods == nullptr) return;
  const Methods& known = methods(file->pMethods);
  if (file->pMethods == known.theirs) file->pMethods = &known.ours;
}

}  // namespace mail::db
