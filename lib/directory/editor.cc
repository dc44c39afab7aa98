#include "directory/editor.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/clock.h"
#include "base/fault.h"
#include "base/fd.h"
#include "config/checks.h"
#include "db/database.h"
#include "directory/expansion.h"
#include "directory/schema.h"

namespace mail::directory {
namespace {

constexpr int kCheckpointPages = 500;

// SQLite gives -wal and -shm the mode of the database, so that users without
// write right can read all three.
void make_readable(const std::string& path) {
  const Fd made(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
                       0640));
  if (!made) {
    if (errno == EEXIST) return;
    throw_errno("make " + path);
  }
  // Whatever the umask says.
  if (::fchmod(made.number(), 0640) != 0) throw_errno("chmod " + path);
}

std::int64_t count(db::Statement& query, std::string_view value) {
  query.bind(value).step();
  const std::int64_t rows = query.integer(0);
  query.reset();
  return rows;
}

std::string quoted(std::string_view name) {
  return '"' + std::string(name) + '"';
}

bool has_alias(db::Database& db, std::string_view address) {
  return count(db.statement("SELECT count(*) FROM alias WHERE address = ?"),
               address) > 0;
}

// The alias that leads to the address, if one does.
std::optional<std::string> user_of(db::Database& db,
                                   std::string_view address) {
  auto& query =
      db.statement("SELECT address FROM alias WHERE target = ? LIMIT 1");
  if (!query.bind(address).step()) return std::nullopt;
  std::string user(query.text(0));
  query.reset();
  return user;
}

Result<Name> name_of_ours(db::Database& db, std::string_view address) {
  auto name = parse_alias_name(address);
  if (name && !has_domain(db, name->domain)) {
    return refuse("no such domain here: " + name->domain);
  }
  return name;
}

}  // namespace

Editor::Editor(const std::string& path, std::string separator)
    : separator_(std::move(separator)) {
  make_readable(path);
  db_ = std::make_unique<db::Database>(path, db::Mode::Write);
  db_->migrate(directory_schema());
}

Editor::~Editor() = default;

void Editor::finish(db::Transaction& change) {
  change.commit();
  db_->checkpoint_above(kCheckpointPages);
}

Result<void> Editor::add_domain(std::string_view domain) {
  const auto name = mime::parse_domain(domain);
  if (!name) return std::unexpected(name.error());
  if (name->starts_with('[') || config::is_ip_address(*name)) {
    return refuse("an address is not a domain");
  }
  db::Transaction change(*db_);
  if (has_domain(*db_, *name)) return refuse("the domain exists: " + *name);
  db_->statement("INSERT INTO domain(name) VALUES(?)").run(*name);
  finish(change);
  return {};
}

Result<void> Editor::remove_domain(std::string_view domain) {
  const auto name = mime::parse_domain(domain);
  if (!name) return std::unexpected(name.error());
  db::Transaction change(*db_);
  if (!has_domain(*db_, *name)) return refuse("no such domain: " + *name);
  const auto accounts = count(
      db_->statement("SELECT count(*) FROM account WHERE domain = ?"), *name);
  const auto aliases = count(
      db_->statement(
          "SELECT count(DISTINCT address) FROM alias WHERE domain = ?"),
      *name);
  if (accounts + aliases > 0) {
    return refuse("the domain is in use: " + std::to_string(accounts) +
                  " accounts, " + std::to_string(aliases) + " aliases");
  }
  db_->statement("DELETE FROM domain WHERE name = ?").run(*name);
  finish(change);
  return {};
}

std::vector<std::string> Editor::domains() {
  std::vector<std::string> names;
  auto& query = db_->statement("SELECT name FROM domain ORDER BY name");
  query.bind();
  while (query.step()) names.emplace_back(query.text(0));
  return names;
}

Result<Account> Editor::add_account(const Account& wanted) {
  db::Transaction change(*db_);
  const auto name = name_of_ours(*db_, wanted.address);
  if (!name) return std::unexpected(name.error());
  if (name->local.empty()) return refuse("an account needs a local part");
  Account made = wanted;
  made.address = key(*name);
  if (directory::find_account(*db_, made.address)) {
    return refuse("the account exists: " + made.address);
  }
  if (has_alias(*db_, made.address)) {
    return refuse("there is an alias with this address: " + made.address);
  }
  db_->statement(
         "INSERT INTO account(address, domain, quota, active,"
         " subaddress_mailboxes) VALUES(?, ?, ?, ?, ?)")
      .run(made.address, name->domain, made.quota_bytes, made.active,
           made.subaddress_mailboxes);
  made.id = static_cast<std::uint64_t>(db_->last_insert_id());
  finish(change);
  return made;
}

bool Editor::is_taken(std::string_view address) {
  const auto name = name_of_ours(*db_, address);
  return name && !name->local.empty() &&
         (directory::find_account(*db_, key(*name)) ||
          has_alias(*db_, key(*name)));
}

Result<void> Editor::change_account(const Account& changed) {
  db::Transaction change(*db_);
  db_->statement(
         "UPDATE account SET quota = ?, active = ?, subaddress_mailboxes = ?"
         " WHERE id = ?")
      .run(changed.quota_bytes, changed.active, changed.subaddress_mailboxes,
           changed.id);
  if (db_->changed_rows() == 0) return refuse("no such account");
  finish(change);
  return {};
}

Result<Account> Editor::find_account(std::string_view address) {
  const auto name = parse_name(address);
  if (!name) return std::unexpected(name.error());
  const auto account = directory::find_account(*db_, key(*name));
  if (!account) return refuse("no such account: " + key(*name));
  return *account;
}

Result<Account> Editor::remove_account(std::string_view address) {
  db::Transaction change(*db_);
  auto account = find_account(address);
  if (!account) return account;
  if (const auto user = user_of(*db_, account->address)) {
    return refuse("the alias " + *user + " leads to this account");
  }
  db_->statement("DELETE FROM account WHERE id = ?").run(account->id);
  finish(change);
  return account;
}

std::vector<Account> Editor::accounts() {
  std::vector<Account> all;
  auto& query = db_->statement(
      "SELECT id, address, quota, active, subaddress_mailboxes FROM account"
      " ORDER BY domain, address");
  query.bind();
  while (query.step()) all.push_back(account_from(query));
  return all;
}

// The target in the form that is stored.  One of ours must lead somewhere.
Result<std::string> Editor::check_target(std::string_view target) {
  const auto given = mime::Address::parse(target);
  if (!given) return refuse(quoted(target) + ": " + given.error().why);
  if (!has_domain(*db_, given->domain)) return given->str();
  if (!Expansion(*db_, separator_).run(target)) {
    return refuse("no such address here: " + given->str());
  }
  return key(*parse_name(target));
}

Result<void> Editor::add_alias(std::string_view address,
                               const std::vector<std::string>& targets) {
  db::Transaction change(*db_);
  const auto name = name_of_ours(*db_, address);
  if (!name) return std::unexpected(name.error());
  const std::string alias = key(*name);
  if (directory::find_account(*db_, alias)) {
    return refuse("there is an account with this address: " + alias);
  }
  if (targets.empty()) return refuse("an alias needs a target");
  for (const std::string& target : targets) {
    const auto stored = check_target(target);
    if (!stored) return std::unexpected(stored.error());
    if (*stored == alias) return refuse("an alias cannot lead to itself");
    db_->statement(
           "INSERT INTO alias(address, target, domain) VALUES(?, ?, ?)"
           " ON CONFLICT DO NOTHING")
        .run(alias, *stored, name->domain);
  }
  finish(change);
  return {};
}

Result<void> Editor::remove_target(std::string_view address,
                                   std::string_view target) {
  const auto name = parse_alias_name(address);
  if (!name) return std::unexpected(name.error());
  auto given = mime::Address::parse(target);
  if (!given) return std::unexpected(given.error());
  db::Transaction change(*db_);
  if (has_domain(*db_, given->domain)) given = parse_name(target);
  db_->statement("DELETE FROM alias WHERE address = ? AND target = ?")
      .run(key(*name), given->str());
  if (db_->changed_rows() == 0) {
    return refuse(key(*name) + " does not lead to " + given->str());
  }
  if (const auto user = user_of(*db_, key(*name));
      user && !has_alias(*db_, key(*name))) {
    return refuse("the alias " + *user + " leads to this one");
  }
  finish(change);
  return {};
}

Result<void> Editor::remove_alias(std::string_view address) {
  const auto name = parse_alias_name(address);
  if (!name) return std::unexpected(name.error());
  const std::string alias = key(*name);
  db::Transaction change(*db_);
  if (!has_alias(*db_, alias)) return refuse("no such alias: " + alias);
  if (const auto user = user_of(*db_, alias)) {
    return refuse("the alias " + *user + " leads to this one");
  }
  db_->statement("DELETE FROM alias WHERE address = ?").run(alias);
  finish(change);
  return {};
}

std::vector<Alias> Editor::aliases() {
  std::vector<Alias> all;
  auto& query = db_->statement(
      "SELECT address, target FROM alias ORDER BY domain, address, target");
  query.bind();
  while (query.step()) {
    if (all.empty() || all.back().address != query.text(0)) {
      all.push_back({std::string(query.text(0)), {}});
    }
    all.back().targets.emplace_back(query.text(1));
  }
  return all;
}

std::uint32_t Editor::take_uidvalidity(std::uint32_t wanted) {
  db::Transaction change(*db_);
  auto& query = db_->statement(
      "INSERT INTO counter(name, value) VALUES('uidvalidity', ?1 + ?2)"
      " ON CONFLICT(name) DO UPDATE SET value = max(value, ?1) + ?2"
      " RETURNING value");
  query.bind(wall_time() / kSecond, wanted).step();
  const std::int64_t next = query.integer(0);
  query.step();
  finish(change);
  return static_cast<std::uint32_t>(next - wanted);
}

}  // namespace mail::directory
