// Credentials: credentials.db, which only authd opens (and mailctl where no
// authd runs).
//
// For each account: an Argon2id hash, SCRAM verifiers, and any number of app
// passwords up to kMaxAppPasswords.  App passwords are made here from 125
// random bits, so a keyed BLAKE2b is enough to keep them, and a wrong password
// costs the same whether there are any.  All passwords of an account share
// one salt, which is made from the name and a secret: so the salt a stranger
// is told for a name does not show whether the account exists.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sha.h"
#include "db/database.h"
#include "sasl/authd_client.h"
#include "sasl/scram.h"

namespace mail::directory {

inline constexpr std::size_t kMaxAppPasswords = 50;

struct Credential {
  std::uint64_t account = 0;
  std::string address;
  bool active = true;
  std::int64_t version = 0;  // changes with every change
  std::string hash;          // empty: no password but app passwords
};

struct AppPassword {
  std::string name;
  std::string tag;
};

// What is kept of a password; costs 100 ms to make.
struct Derived {
  std::string hash;  // only of a main password
  sasl::ScramKey sha256;
  std::optional<sasl::ScramKey> sha1;
};

// Its tables, as numbered migrations.
db::Steps credentials_schema();

class Credentials {
 public:
  // Made with mode 0600 when it is not there.
  explicit Credentials(const std::string& path);

  std::optional<Credential> find(std::string_view address);
  std::optional<Credential> find(std::uint64_t account);
  std::vector<AppPassword> app_passwords(std::uint64_t account);
  // Nothing when there is no key of this kind.
  std::optional<sasl::ScramVerifier> verifier(const Credential& credential,
                                              Sha kind);

  // The salt of a name, whether or not it exists.
  std::string salt_for(std::string_view address);
  // What is kept of an app password.
  std::string app_tag(std::string_view password);

  // `derived` was made with salt_for(address).
  void store_password(std::uint64_t account, std::string_view address,
                      const Derived& derived);
  Result<void> store_app_password(std::uint64_t account,
                                  std::string_view address,
                                  const AppPassword& password,
                                  const Derived& derived);
  Result<void> remove_app_password(std::uint64_t account,
                                   std::string_view name);
  Result<void> set_active(std::uint64_t account, bool active);
  void remove(std::uint64_t account);

 private:
  std::string secret(std::string_view name);
  void touch(std::uint64_t account, std::string_view address);
  void store_keys(std::uint64_t account, std::string_view name,
                  const Derived& derived);
  void finish(db::Transaction& change);

  db::Database db_;
  std::string salt_secret_;
  std::string app_secret_;
};

// Both take a password in the form of SASLprep.
Derived derive(std::string_view password, std::string_view salt,
               sasl::Sha1 sha1);
Derived derive_app_password(std::string_view password, std::string_view salt,
                            sasl::Sha1 sha1);

}  // namespace mail::directory
