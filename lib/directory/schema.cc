#include "directory/schema.h"

namespace mail::directory {
namespace {

constexpr std::string_view kSteps[] = {
    R"(
CREATE TABLE domain(name TEXT PRIMARY KEY NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE account(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  address TEXT NOT NULL UNIQUE,
  domain TEXT NOT NULL REFERENCES domain(name),
  quota INTEGER NOT NULL,
  active INTEGER NOT NULL,
  subaddress_mailboxes INTEGER NOT NULL
) STRICT;
CREATE INDEX account_domain ON account(domain);
CREATE TABLE alias(
  address TEXT NOT NULL,
  target TEXT NOT NULL,
  domain TEXT NOT NULL REFERENCES domain(name),
  PRIMARY KEY(address, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_target ON alias(target);
CREATE INDEX alias_domain ON alias(domain);
CREATE TABLE counter(
  name TEXT PRIMARY KEY NOT NULL,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)"};

}  // namespace

db::Steps directory_schema() { return kSteps; }

Account account_from(const db::Statement& row) {
  Account account;
  account.id = static_cast<std::uint64_t>(row.integer(0));
  account.address = row.text(1);
  account.quota_bytes = row.integer(2);
  account.active = row.integer(3) != 0;
  account.subaddress_mailboxes = row.integer(4) != 0;
  return account;
}

std::optional<Account> find_account(db::Database& db, std::uint64_t id) {
  auto& query = db.statement(
      "SELECT id, address, quota, active, subaddress_mailboxes"
      " FROM account WHERE id = ?");
  if (!query.bind(id).step()) return std::nullopt;
  const Account account = account_from(query);
  query.reset();
  return account;
}

std::optional<Account> find_account(db::Database& db,
                                    std::string_view address) {
  auto& query = db.statement(
      "SELECT id, address, quota, active, subaddress_mailboxes"
      " FROM account WHERE address = ?");
  if (!query.bind(address).step()) return std::nullopt;
  const Account account = account_from(query);
  query.reset();
  return account;
}

bool has_domain(db::Database& db, std::string_view domain) {
  auto& query = db.statement("SELECT 1 FROM domain WHERE name = ?");
  const bool found = query.bind(domain).step();
  query.reset();
  return found;
}

}  // namespace mail::directory
