#include "store/connection.h"

#include <chrono>

#include "base/fault.h"
#include "base/log.h"
#include "store/outrun.h"
#include "store/schema.h"

namespace mail::store {
namespace {

std::string mail_path(const std::string& folder) { return folder + "/mail.db"; }

// The version is read with the lock held: nobody migrates meanwhile.
void check_version(Core& core, SharedLock& lock) {
  const int version = core.mail.version();
  const auto newest = static_cast<int>(mail_steps().size());
  if (version == newest) return;
  if (version == 0) throw Fault("the account is not whole: " + core.folder);
  if (version > newest) {
    throw Fault("the account was made by a newer version of Staunch");
  }
  lock.release();
  upgrade(core.folder);
  lock = SharedLock(core.folder);
}

// A commit writes the modseq file last.  Who died before that has told nobody;
// and a mail.db that knows less than the file is an older one.
void compare_with_what_was_told(Core& core) {
  const Modseq told = core.modseq_file.read();
  if (told < read_account(core.mail).modseq) {
    const db::Turn turn(core.turns, std::chrono::seconds(5));
    core.modseq_file.write(read_account(core.mail).modseq, wall_time());
  } else if (outrun(core, told)) {
    log_error("account-set-back", {{"account", core.id}});
  }
}

}  // namespace

Core::Core(std::uint64_t account, const AccountsOptions& options,
           Writing& writing)
    : id(account),
      folder(options.folder(account)),
      next_uidvalidity(options.next_uidvalidity),
      usual_quota(options.usual_quota),
      turns(writing.turns),
      gathering(writing.gathering),
      modseq_file(folder),
      mail(mail_path(folder), db::Mode::Existing),
      keywords(mail),
      cache(folder, options.cache_kilobytes),
      words(account, folder, mail, options.cache_kilobytes) {
  mail.limit_cache(options.cache_kilobytes);
}

Connection::Connection(std::uint64_t account, const AccountsOptions& options,
                       Writing& writing)
    : lock_(options.folder(account)),
      core_(account, options, writing),
      mail_(core_.mail),
      new_files_(core_.folder + "/msg") {
  check_version(core_, lock_);
  compare_with_what_was_told(core_);
}

std::int64_t Connection::id() const {
  return static_cast<std::int64_t>(core_.id);
}

void Connection::begin_view() noexcept {
  mail_.begin_view();
  core_.cache.begin_view();
}

void Connection::end_view() noexcept {
  mail_.end_view();
  core_.cache.end_view();
}

Modseq Connection::modseq() {
  auto& row = mail_.statement("SELECT modseq FROM account");
  row.bind();
  row.step();
  const Modseq number = row.integer(0);
  row.reset();
  return number;
}

Account::Usage Connection::usage() {
  const AccountRow account = read_account(mail_);
  return {account.bytes, account.emails, limit_of(core_, account),
          account.limit_emails};
}

std::int64_t Connection::own_limit_bytes() {
  return read_account(mail_).limit_bytes;
}

void Connection::limit_bytes(std::int64_t limit) {
  if (read_account(mail_).limit_bytes == limit) return;
  Change change(core_);
  change.account().limit_bytes = limit;
  change.commit_quietly();
}

void Connection::limit_emails(std::int64_t limit) {
  if (read_account(mail_).limit_emails == limit) return;
  Change change(core_);
  change.account().limit_emails = limit;
  change.commit_quietly();
}

}  // namespace mail::store
