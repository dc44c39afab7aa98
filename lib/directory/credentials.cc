#include "directory/credentials.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/digest.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/random.h"
#include "directory/argon2.h"

namespace mail::directory {
namespace {

constexpr std::size_t kSaltSize = 16;
constexpr std::size_t kTagSize = 32;
constexpr int kCheckpointPages = 500;

// scram.name is "" for the main password, else that of the app password.
constexpr std::string_view kSteps[] = {
    R"(
CREATE TABLE secret(
  name TEXT PRIMARY KEY NOT NULL,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE credential(
  account INTEGER PRIMARY KEY,
  address TEXT NOT NULL UNIQUE,
  salt BLOB NOT NULL,
  active INTEGER NOT NULL,
  version INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE TABLE app_password(
  account INTEGER NOT NULL REFERENCES credential(account) ON DELETE CASCADE,
  name TEXT NOT NULL,
  tag BLOB NOT NULL,
  PRIMARY KEY(account, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE scram(
  account INTEGER NOT NULL REFERENCES credential(account) ON DELETE CASCADE,
  name TEXT NOT NULL,
  kind INTEGER NOT NULL,
  stored BLOB NOT NULL,
  server BLOB NOT NULL,
  PRIMARY KEY(account, name, kind)
) STRICT, WITHOUT ROWID;
)"};

int number_of(Sha kind) { return kind == Sha::Sha1 ? 1 : 256; }

const std::string& made_private(const std::string& path) {
  const Fd made(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
                       0600));
  if (!made && errno != EEXIST) throw_errno("make " + path);
  return path;
}

std::optional<Credential> row_of(db::Statement& query) {
  if (!query.step()) return std::nullopt;
  Credential found;
  found.account = static_cast<std::uint64_t>(query.integer(0));
  found.address = query.text(1);
  found.active = query.integer(2) != 0;
  found.version = query.integer(3);
  found.hash = query.text(4);
  query.reset();
  return found;
}

}  // namespace

db::Steps credentials_schema() { return kSteps; }

Derived derive_app_password(std::string_view password, std::string_view salt,
                            sasl::Sha1 sha1) {
  Derived derived;
  derived.sha256 = sasl::scram_key(Sha::Sha256, password, salt,
                                   sasl::kScramIterations);
  if (sha1 == sasl::Sha1::Yes) {
    derived.sha1 = sasl::scram_key(Sha::Sha1, password, salt,
                                   sasl::kScramIterations);
  }
  return derived;
}

Derived derive(std::string_view password, std::string_view salt,
               sasl::Sha1 sha1) {
  Derived derived = derive_app_password(password, salt, sha1);
  derived.hash = argon2_hash(password);
  return derived;
}

Credentials::Credentials(const std::string& path)
    : db_(made_private(path), db::Mode::Write) {
  db_.migrate(kSteps);
  salt_secret_ = secret("salt");
  app_secret_ = secret("app");
}

std::string Credentials::secret(std::string_view name) {
  db::Transaction change(db_);
  db_.statement(
         "INSERT INTO secret(name, value) VALUES(?, ?) ON CONFLICT DO NOTHING")
      .run(name, db::Blob{random_bytes(32)});
  auto& query = db_.statement("SELECT value FROM secret WHERE name = ?");
  query.bind(name).step();
  std::string value(query.blob(0));
  query.reset();
  change.commit();
  return value;
}

std::optional<Credential> Credentials::find(std::string_view address) {
  return row_of(db_.statement("SELECT account, address, active, version, hash"
                              " FROM credential WHERE address = ?")
                    .bind(address));
}

std::optional<Credential> Credentials::find(std::uint64_t account) {
  return row_of(db_.statement("SELECT account, address, active, version, hash"
                              " FROM credential WHERE account = ?")
                    .bind(account));
}

std::vector<AppPassword> Credentials::app_passwords(std::uint64_t account) {
  std::vector<AppPassword> all;
  auto& query = db_.statement(
      "SELECT name, tag FROM app_password WHERE account = ? ORDER BY name");
  query.bind(account);
  while (query.step()) {
    all.push_back({std::string(query.text(0)), std::string(query.blob(1))});
  }
  return all;
}

std::optional<sasl::ScramVerifier> Credentials::verifier(
    const Credential& credential, Sha kind) {
  sasl::ScramVerifier verifier;
  auto& query = db_.statement(
      "SELECT stored, server, salt FROM scram JOIN credential USING(account)"
      " WHERE account = ? AND kind = ? ORDER BY name");
  query.bind(credential.account, number_of(kind));
  while (query.step()) {
    verifier.keys.push_back(
        {std::string(query.blob(0)), std::string(query.blob(1))});
    verifier.salt = query.blob(2);
  }
  if (verifier.keys.empty()) return std::nullopt;
  return verifier;
}

std::string Credentials::salt_for(std::string_view address) {
  return blake2b(address, kSaltSize, salt_secret_);
}

std::string Credentials::app_tag(std::string_view password) {
  return blake2b(password, kTagSize, app_secret_);
}

void Credentials::finish(db::Transaction& change) {
  change.commit();
  db_.checkpoint_above(kCheckpointPages);
}

// The row is there afterwards, with a version it never had.
void Credentials::touch(std::uint64_t account, std::string_view address) {
  db_.statement(
         "INSERT INTO credential(account, address, salt, active, version,"
         " hash) VALUES(?, ?, ?, 1, 1, '') ON CONFLICT(account) DO UPDATE SET"
         " version = version + 1")
      .run(account, address, db::Blob{salt_for(address)});
}

void Credentials::store_keys(std::uint64_t account, std::string_view name,
                             const Derived& derived) {
  db_.statement("DELETE FROM scram WHERE account = ? AND name = ?")
      .run(account, name);
  auto& insert = db_.statement(
      "INSERT INTO scram(account, name, kind, stored, server)"
      " VALUES(?, ?, ?, ?, ?)");
  insert.run(account, name, number_of(Sha::Sha256),
             db::Blob{derived.sha256.stored}, db::Blob{derived.sha256.server});
  if (!derived.sha1) return;
  insert.run(account, name, number_of(Sha::Sha1),
             db::Blob{derived.sha1->stored}, db::Blob{derived.sha1->server});
}

void Credentials::store_password(std::uint64_t account,
                                 std::string_view address,
                                 const Derived& derived) {
  db::Transaction change(db_);
  touch(account, address);
  db_.statement("UPDATE credential SET hash = ? WHERE account = ?")
      .run(derived.hash, account);
  store_keys(account, "", derived);
  finish(change);
}

Result<void> Credentials::store_app_password(std::uint64_t account,
                                             std::string_view address,
                                             const AppPassword& password,
                                             const Derived& derived) {
  db::Transaction change(db_);
  const auto known = app_passwords(account);
  if (known.size() >= kMaxAppPasswords) return refuse("too many passwords");
  for (const AppPassword& other : known) {
    if (other.name == password.name) return refuse("the name is in use");
  }
  touch(account, address);
  db_.statement(
         "INSERT INTO app_password(account, name, tag) VALUES(?, ?, ?)")
      .run(account, password.name, db::Blob{password.tag});
  store_keys(account, password.name, derived);
  finish(change);
  return {};
}

Result<void> Credentials::remove_app_password(std::uint64_t account,
                                              std::string_view name) {
  db::Transaction change(db_);
  db_.statement("DELETE FROM app_password WHERE account = ? AND name = ?")
      .run(account, name);
  if (db_.changed_rows() == 0) return refuse("no such app password");
  db_.statement("DELETE FROM scram WHERE account = ? AND name = ?")
      .run(account, name);
  db_.statement("UPDATE credential SET version = version + 1"
                " WHERE account = ?")
      .run(account);
  finish(change);
  return {};
}

Result<void> Credentials::set_active(std::uint64_t account, bool active) {
  db::Transaction change(db_);
  db_.statement("UPDATE credential SET active = ?, version = version + 1"
                " WHERE account = ?")
      .run(active, account);
  if (db_.changed_rows() == 0) return refuse("the account has no password");
  finish(change);
  return {};
}

void Credentials::remove(std::uint64_t account) {
  db::Transaction change(db_);
  db_.statement("DELETE FROM credential WHERE account = ?").run(account);
  finish(change);
}

}  // namespace mail::directory
