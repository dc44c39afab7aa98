#include "admin/context.h"

#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "admin/owner.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/local_socket.h"
#include "base/metrics_text.h"
#include "base/process.h"
#include "directory/directory.h"
#include "sasl/authd_client.h"

namespace mail::admin {
namespace {

constexpr Micros kPatience = 5 * kSecond;  // to look at something
constexpr Micros kPatienceForChange = 30 * kSecond;
// For a scheduler that begins anew, as it does at SIGHUP.
constexpr Micros kRenewal = 5 * kSecond;

// Else daemons run as several users, and only root is answered.
bool is_ours(const std::string& path) {
  struct stat file {};
  return ::stat(path.c_str(), &file) == 0 && file.st_uid == ::geteuid();
}

bool has_accounts(const std::string& folder) {
  const auto shelves = list_folder(folder);
  return std::ranges::any_of(shelves, [&](const std::string& shelf) {
    return !list_folder(folder + '/' + shelf).empty();
  });
}

// A directory made anew knows nobody: all mail would be sent back, also what
// has been taken.
void refuse_to_forget(const config::Settings& settings) {
  const std::string path = settings.directory_db();
  struct stat file {};
  const bool gone = ::stat(path.c_str(), &file) != 0 && errno == ENOENT;
  if (!gone && file.st_size > 0) return;
  if (!has_accounts(settings.data + "/accounts")) return;
  throw Fault(path + (gone ? " is gone" : " is empty") +
              ", and there are accounts: put a copy of it back");
}

}  // namespace

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
  if (::geteuid() == 0) connect_as_root();
  become_owner(settings_->data);
  ::umask(0077);
  return *settings_;
}

// Nobody there: the commands that need one say so.
void Context::connect_as_root() {
  constexpr int kType = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;
  to_authd_ = connect_local(settings_->authd_control(), kType);
  to_scheduler_ = connect_local(settings_->queue_control(), kType);
}

config::Settings Context::read_settings() const {
  become_owner_unless_root(config_file());
  return config::load(config_file());
}

std::vector<config::Mistake> Context::mistakes() const {
  become_owner_unless_root(config_file());
  const auto text = read_file(config_file(), config::kLargestFile);
  if (!text) return {};
  return config::mistakes_in(*text);
}

directory::Editor& Context::directory() {
  if (!directory_) {
    refuse_to_forget(settings());
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
    if (to_authd_) passwords_->use(std::move(to_authd_));
  }
  return *passwords_;
}

spool::QueueClient* Context::queue_if_up() {
  const std::string path = settings().queue_control();
  if (!queue_ && to_scheduler_) {
    queue_.emplace(std::move(to_scheduler_));
    if (is_ours(settings().credentials_db())) queue_->come_back_to(path);
  }
  for (const Micros end = steady_time() + kRenewal; !queue_;) {
    queue_ = spool::QueueClient::reach(path);
    const bool may_come = queue_runs() && steady_time() < end;
    if (queue_ || !may_come) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  if (queue_) queue_->wait_at_most(kPatience);
  return queue_ ? &*queue_ : nullptr;
}

bool Context::queue_runs() {
  return runs(settings().run_folder(), "queue-runner");
}

spool::QueueClient& Context::queue() {
  if (!queue_if_up()) {
    throw Fault("queue-runner does not answer at " +
                settings().queue_control());
  }
  queue_->wait_at_most(kPatienceForChange);
  return *queue_;
}

spool::QueueReader* Context::queue_reader() {
  const std::string path = settings().queue_db();
  if (!queue_reader_ && ::access(path.c_str(), F_OK) == 0) {
    queue_reader_ = std::make_unique<spool::QueueReader>(path);
  }
  return queue_reader_.get();
}

store::Accounts& Context::accounts() {
  if (!accounts_) {
    store::AccountsOptions options;
    options.folder = [this](std::uint64_t id) { return account_folder(id); };
    options.next_uidvalidity = uidvalidity();
    options.usual_quota = settings().quota;
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
