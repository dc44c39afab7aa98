// Making an account on the disk, in an order that may be cut anywhere: the
// database becomes whole in one transaction, and only then is there an
// account; what was there before is kept.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/fault.h"
#include "base/file.h"
#include "store/account_lock.h"
#include "store/administration.h"
#include "store/mailbox_rows.h"
#include "store/new_database.h"
#include "store/schema.h"

namespace mail::store {
namespace {

struct SystemMailbox {
  std::string_view name;
  Role role;
};

constexpr SystemMailbox kSystemMailboxes[] = {
    {"INBOX", Role::Inbox}, {"Drafts", Role::Drafts},
    {"Sent", Role::Sent},   {"Junk", Role::Junk},
    {"Trash", Role::Trash}, {"Archive", Role::Archive},
};

std::uint32_t first_uidvalidity(const UidValiditySource& next) {
  if (next) return next();
  return static_cast<std::uint32_t>(wall_time() / kSecond);
}

bool is_there(const std::string& path) {
  struct stat about{};
  return ::lstat(path.c_str(), &about) == 0;
}

}  // namespace

std::vector<std::string> missing_files(const std::string& folder) {
  std::vector<std::string> missing;
  for (const char* name : {"mail.db", "msg", "lock", "modseq"}) {
    if (!is_there(folder + "/" + name)) missing.emplace_back(name);
  }
  return missing;
}

void make_files(const std::string& folder) {
  const auto shard = std::filesystem::path(folder).parent_path().string();
  make_folders(shard, 0700);
  scatter_folders(shard);
  make_folders(folder + "/msg", 0700);
  scatter_folders(folder + "/msg");
  for (const char* name : {"/lock", "/write", "/gate"}) {
    const Fd made =
        open_file(folder + name, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
    made.sync();
  }
  ModseqFile::make(folder);
}

void sync_names(const std::string& folder) {
  const std::filesystem::path path(folder);
  open_folder(folder).sync();
  open_folder(path.parent_path().string()).sync();
  open_folder(path.parent_path().parent_path().string()).sync();
}

// Each mailbox has a UIDVALIDITY of its own: a rename must not make one look
// like another.
void make_database(const std::string& folder, std::uint64_t id,
                   const UidValiditySource& next_uidvalidity) {
  db::Database mail(folder + "/mail.db", db::Mode::Write);
  if (mail.version() > 0) return;
  const std::uint32_t uidvalidity = first_uidvalidity(next_uidvalidity);
  db::Transaction change(mail);
  if (mail.version() > 0) return;
  for (const auto step : mail_steps()) mail.run(step);
  mail.run("PRAGMA user_version=" + std::to_string(mail_steps().size()));
  constexpr auto kCount =
      static_cast<std::int64_t>(std::size(kSystemMailboxes));
  mail.statement(
          "INSERT INTO account(one, id, modseq, next_mailbox, next_email, "
          "next_thread, last_uidvalidity, bytes, emails, limit_bytes, "
          "files_checked) VALUES(1, ?, 1, ?, 1, 1, ?, 0, 0, 0, 0)")
      .run(id, kCount + 1, uidvalidity + kCount - 1);
  MailboxId number = 0;
  for (const auto& box : kSystemMailboxes) {
    insert_mailbox(mail, {number + 1, 0, box.name, box.role,
                          uidvalidity + static_cast<std::uint32_t>(number), 1});
    mail.statement("INSERT INTO subscription(name) VALUES(?)").run(box.name);
    ++number;
  }
  change.commit();
}

void make_account(const std::string& folder, std::uint64_t id,
                  const UidValiditySource& next_uidvalidity) {
  make_files(folder);
  make_database(folder, id, next_uidvalidity);
  const ModseqFile number(folder);
  if (number.read() == 0) number.set(1);
  sync_names(folder);
}

bool account_exists(const std::string& folder) {
  struct stat about{};
  return ::stat((folder + "/mail.db").c_str(), &about) == 0 &&
         ::stat((folder + "/lock").c_str(), &about) == 0;
}

AccountRemoval::AccountRemoval(std::string folder)
    : folder_(std::move(folder)) {
  if (!is_there(folder_)) return;
  make_files(folder_);  // one that is broken has no lock
  alone_ = std::make_unique<ExclusiveLock>(folder_);
}

AccountRemoval::~AccountRemoval() = default;

// The lock file goes first: who waited for it finds that the account is gone.
void AccountRemoval::finish() {
  if (!alone_) return;
  ::unlink((folder_ + "/lock").c_str());
  std::error_code error;
  std::filesystem::remove_all(folder_, error);
  if (error) throw Fault("remove " + folder_ + ": " + error.message());
  open_folder(std::filesystem::path(folder_).parent_path().string()).sync();
}

}  // namespace mail::store
