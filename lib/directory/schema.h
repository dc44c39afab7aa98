// The tables of directory.db.
//
//   domain    what is ours
//   account   who has a mailbox; ids are never used again
//   alias     an address and one of its targets; "@domain" is a catch-all
//   counter   uidvalidity: the next value
#pragma once

#include "db/database.h"
#include "directory/directory.h"

namespace mail::directory {

db::Steps directory_schema();

// One account by id or address, nothing else; and the row as a struct.
std::optional<Account> find_account(db::Database& db, std::uint64_t id);
std::optional<Account> find_account(db::Database& db,
                                    std::string_view address);
Account account_from(const db::Statement& row);

bool has_domain(db::Database& db, std::string_view domain);

}  // namespace mail::directory
