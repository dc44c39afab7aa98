#include "admin/context.h"

#include <sys/stat.h>
#include <sysexits.h>

#include "admin/owner.h"
#include "base/process.h"
#include "config/load.h"
#include "directory/directory.h"
#include "sasl/authd_client.h"

namespace mail::admin {

Context::Context(Options& options) : options_(options) {
  options_.flag("--json", json_, "print JSON");
}

const Output& Context::output() {
  output_.choose(json_ ? Format::Json : Format::Text);
  return output_;
}

const config::Settings& Context::settings() {
  if (settings_) return *settings_;
  settings_ = read_settings();
  become_owner(settings_->data);
  ::umask(0077);
  return *settings_;
}

config::Settings Context::read_settings() const {
  become_owner_unless_root(config_file());
  return config::load(config_file());
}

directory::Editor& Context::directory() {
  if (!directory_) {
    directory_.emplace(settings().directory_db(),
                       settings().subaddress_separator);
  }
  return *directory_;
}

directory::AuthControl& Context::passwords() {
  if (!passwords_) {
    passwords_.emplace(settings().authd_control(),
                       settings().credentials_db(),
                       settings().auth_scram_sha1 ? sasl::Sha1::Yes
                                                  : sasl::Sha1::No);
  }
  return *passwords_;
}

store::Accounts& Context::accounts() {
  if (!accounts_) {
    store::AccountsOptions options;
    options.folder = [this](std::uint64_t id) { return account_folder(id); };
    options.next_uidvalidity = uidvalidity();
    accounts_.emplace(std::move(options));
  }
  return *accounts_;
}

directory::Account Context::account(const std::string& address) {
  return value_or_exit(directory().find_account(address), EX_NOUSER);
}

std::string Context::account_folder(std::uint64_t id) {
  return settings().data + "/" + directory::account_folder(id);
}

store::UidValiditySource Context::uidvalidity() {
  directory::Editor& editor = directory();
  return [&editor] { return editor.take_uidvalidity(1); };
}

void give_up(int code, const Refusal& refusal) {
  throw Exit(code, refusal.why);
}

}  // namespace mail::admin
