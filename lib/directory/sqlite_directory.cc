#include "directory/sqlite_directory.h"

#include "base/ascii.h"
#include "base/attempt.h"
#include "base/base32.h"
#include "db/database.h"
#include "directory/expansion.h"
#include "directory/schema.h"

namespace mail::directory {
namespace {

// Answers kept in memory; beyond, all are forgotten.  A stranger can make us
// look up any name.
constexpr std::size_t kMaxKept = 20'000;

}  // namespace

std::string postmaster_domain(Directory& directory,
                              std::string_view hostname) {
  std::string domain = lower(hostname);
  const std::size_t dot = domain.find('.');
  if (!directory.is_local(domain) && dot != domain.npos &&
      directory.is_local(std::string_view(domain).substr(dot + 1))) {
    domain.erase(0, dot + 1);
  }
  return domain;
}

std::string account_folder(std::uint64_t id) {
  return "accounts/" + base32(id, 2) + '/' + base32(id);
}

SqliteDirectory::SqliteDirectory(std::string path, std::string separator,
                                 Need need)
    : separator_(std::move(separator)), path_(std::move(path)) {
  if (need == Need::Now) {
    open();
  } else {
    (void)attempt([&] { open(); });
  }
}

void SqliteDirectory::open() {
  if (db_) return;
  auto fresh = std::make_unique<db::Database>(path_, db::Mode::Read);
  seen_version_ = fresh->data_version();
  db_ = std::move(fresh);
}

SqliteDirectory::~SqliteDirectory() = default;

void SqliteDirectory::refresh() {
  open();
  const std::int64_t version = db_->data_version();
  if (version == seen_version_ && kept_ < kMaxKept) return;
  local_.clear();
  expansions_.clear();
  kept_ = 0;
  seen_version_ = version;
}

bool SqliteDirectory::is_local(std::string_view domain) {
  const auto name = mime::parse_domain(domain);
  if (!name) return false;
  const std::lock_guard lock(mutex_);
  refresh();
  const auto known = local_.find(*name);
  if (known != local_.end()) return known->second;
  ++kept_;
  return local_[*name] = has_domain(*db_, *name);
}

const SqliteDirectory::Destinations& SqliteDirectory::expansion(
    std::string_view address) {
  refresh();
  const auto known = expansions_.find(address);
  if (known != expansions_.end()) return known->second;
  const db::Snapshot view(*db_);
  auto found = Expansion(*db_, separator_).run(address);
  kept_ += found ? found->size() : 1;
  return expansions_.emplace(address, std::move(found)).first->second;
}

Result<std::vector<Destination>> SqliteDirectory::expand(
    std::string_view address) {
  const std::lock_guard lock(mutex_);
  return expansion(address);
}

std::optional<Account> SqliteDirectory::account(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  open();
  return find_account(*db_, id);
}

std::optional<Account> SqliteDirectory::account(std::string_view address) {
  const auto name = parse_name(address);
  if (!name) return std::nullopt;
  const std::lock_guard lock(mutex_);
  open();
  return find_account(*db_, key(*name));
}

bool SqliteDirectory::may_send_as(std::uint64_t account,
                                  std::string_view address) {
  const auto name = parse_name(address);
  if (!name) return false;
  const std::lock_guard lock(mutex_);
  refresh();
  if (!has_domain(*db_, name->domain)) return false;
  // Who gets an address's mail may answer from it: the members of a group
  // too, and who gets the rest of a domain.
  const auto& ends = expansion(address);
  if (!ends) return false;
  return std::ranges::any_of(*ends, [&](const Destination& end) {
    return end.account == account && account != 0;
  });
}

}  // namespace mail::directory
