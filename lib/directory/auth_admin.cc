#include "directory/auth_admin.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/base32.h"
#include "base/log.h"
#include "base/random.h"
#include "base/saslprep.h"
#include "directory/auth_service.h"
#include "directory/failures.h"

namespace mail::directory {
namespace {

using Words = AuthAdmin::Words;

constexpr std::size_t kMaxName = 100;
constexpr std::size_t kMaxBansTold = 1000;

Result<Words> done(const Result<void>& result) {
  if (!result) return std::unexpected(result.error());
  return Words{};
}

// 25 digits of 5 bits, in groups that can be read aloud.
std::string new_app_password() {
  std::string password;
  for (int group = 0; group < 5; ++group) {
    if (group > 0) password += '-';
    password += lower(base32(random_number(), 5));
  }
  return password;
}

}  // namespace

Result<Words> AuthAdmin::run(const Words& words) {
  struct Rule {
    std::string_view word;
    std::size_t count;
    Result<Words> (AuthAdmin::*run)(Account account, const Words& words);
  };
  static constexpr Rule kRules[] = {
      {"set-password", 4, &AuthAdmin::set_password},
      {"set-activity", 3, &AuthAdmin::set_activity},
      {"remove", 2, &AuthAdmin::remove},
      {"show", 2, &AuthAdmin::show},
      {"add-app-password", 4, &AuthAdmin::add_app_password},
      {"remove-app-password", 3, &AuthAdmin::remove_app_password},
  };
  if (words.empty()) return refuse("no command");
  if (words[0] == "bans" && words.size() == 1) return bans();
  if (words[0] == "unban" && words.size() == 2) return unban(words[1]);
  const auto* rule = std::ranges::find(kRules, words[0], &Rule::word);
  if (rule == std::end(kRules) || words.size() != rule->count) {
    return refuse("unknown command");
  }
  const auto account = parse_number(words[1]);
  if (!account || *account == 0) return refuse("no account number");
  return (this->*rule->run)(*account, words);
}

Result<Words> AuthAdmin::set_password(Account account, const Words& words) {
  const auto password = saslprep(words[3]);
  if (!password) return refuse("the password has characters nobody can type");
  if (password->empty()) return refuse("the password is empty");
  if (password->size() > sasl::kMaxCredential) {
    return refuse("the password is too long");
  }
  const std::string address = login_name(words[2]);
  const auto other = credentials_.find(address);
  if (other && other->account != account) {
    return refuse("another account has this address");
  }
  credentials_.store_password(
      account, address,
      derive(*password, credentials_.salt_for(address), sha1_));
  log_info("password-set", {{"account", address}});
  return Words{};
}

Result<Words> AuthAdmin::set_activity(Account account, const Words& words) {
  return done(credentials_.set_active(account, words[2] == "active"));
}

Result<Words> AuthAdmin::remove(Account account, const Words&) {
  credentials_.remove(account);
  return Words{};
}

Result<Words> AuthAdmin::show(Account account, const Words&) {
  const auto known = credentials_.find(account);
  if (!known) return refuse("the account has no password");
  Words words{known->address, known->hash.empty() ? "no" : "yes",
              known->active ? "active" : "suspended"};
  for (const auto& app : credentials_.app_passwords(account)) {
    words.push_back(app.name);
  }
  return words;
}

Result<Words> AuthAdmin::add_app_password(Account account,
                                          const Words& words) {
  const std::string& name = words[3];
  if (name.empty() || name.size() > kMaxName || !is_utf8(name)) {
    return refuse("the name is empty or too long");
  }
  const std::string address = login_name(words[2]);
  const auto other = credentials_.find(address);
  if (other && other->account != account) {
    return refuse("another account has this address");
  }
  const std::string password = new_app_password();
  const auto stored = credentials_.store_app_password(
      account, address, {name, credentials_.app_tag(password)},
      derive_app_password(password, credentials_.salt_for(address), sha1_));
  if (!stored) return std::unexpected(stored.error());
  log_info("app-password-added", {{"account", address}, {"name", name}});
  return Words{password};
}

Result<Words> AuthAdmin::remove_app_password(Account account,
                                             const Words& words) {
  return done(credentials_.remove_app_password(account, words[2]));
}

Result<Words> AuthAdmin::bans() {
  if (failures_ == nullptr) return refuse("authd is not running");
  Words words;
  for (const Ban& ban : failures_->bans()) {
    if (words.size() >= kMaxBansTold) break;
    words.push_back(ban.network);
    words.push_back(std::to_string(ban.until));
  }
  return words;
}

Result<Words> AuthAdmin::unban(const std::string& address) {
  if (failures_ == nullptr) return refuse("authd is not running");
  if (!failures_->unban(address)) return refuse("not banned: " + address);
  log_info("address-unbanned", {{"peer", address}});
  return Words{};
}

}  // namespace mail::directory
