// Which message files have a row.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "db/database.h"

namespace mail::store {

using FileNames = std::set<std::string, std::less<>>;

// Those of one folder FFFF below msg/, as "FFFF/NAME".
FileNames known_files(db::Database& mail, const std::string& folder);

}  // namespace mail::store
