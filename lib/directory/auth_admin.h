// AuthAdmin: what mailctl may ask for, as words.
//
//   set-password ACCOUNT ADDRESS PASSWORD       remove ACCOUNT
//   set-activity ACCOUNT active|suspended       show ACCOUNT
//   add-app-password ACCOUNT ADDRESS NAME       remove-app-password ACCOUNT NAME
//   bans                                        unban ADDRESS
//
// Runs in authd behind its control socket, on a thread and a database handle
// of its own, so that making a password does not hold up those who log in.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/result.h"
#include "directory/credentials.h"

namespace mail::directory {

class Failures;

class AuthAdmin {
 public:
  using Words = std::vector<std::string>;

  // Without `failures` there are no bans to ask for.
  AuthAdmin(Credentials& credentials, Failures* failures,
            const std::atomic<sasl::Sha1>& sha1)
      : credentials_(credentials), failures_(failures), sha1_(sha1) {}

  Result<Words> run(const Words& words);

 private:
  using Account = std::uint64_t;

  Result<Words> set_password(Account account, const Words& words);
  Result<Words> set_activity(Account account, const Words& words);
  Result<Words> remove(Account account, const Words& words);
  Result<Words> show(Account account, const Words& words);
  Result<Words> add_app_password(Account account, const Words& words);
  Result<Words> remove_app_password(Account account, const Words& words);
  Result<Words> bans();
  Result<Words> unban(const std::string& address);

  Credentials& credentials_;
  Failures* failures_;
  const std::atomic<sasl::Sha1>& sha1_;
};

}  // namespace mail::directory
