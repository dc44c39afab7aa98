// Databases as an older version of Staunch has left them.
#pragma once

#include <string>
#include <vector>

#include "db/database.h"

namespace mail {

// Makes the database at `path` anew with the schema of this number, and with
// what such a schema has room for of what is in it now.  Nobody has it open.
void make_older(const std::string& path, db::Steps steps, int version);

// The rows, as text, in the tables and columns of the schema of this number.
std::vector<std::string> rows_of(const std::string& path, db::Steps steps,
                                 int version);

// PRAGMA user_version.
int schema_of(const std::string& path);

}  // namespace mail
