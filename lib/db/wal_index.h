// reserve_wal_index: on a full disk an error, and no SIGBUS.
//
// SQLite maps the index of its log (NAME-shm) and writes into the mapping.
// Where the blocks of the file system are smaller than a page of memory, it
// makes files with holes; writing to a hole of a full disk ends the process.
#pragma once

struct sqlite3;

namespace mail::db {

// From now on each part that this database adds to its index has its place on
// the disk before it is used, or is refused: the disk is full.
void reserve_wal_index(sqlite3* db);

}  // namespace mail::db
