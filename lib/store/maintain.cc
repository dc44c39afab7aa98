// What the account's owner cleans up.
//
// Nothing goes from the disk while a row may still lead to it: first the row,
// in a FULL transaction, then the file.  A crash in between leaves a file
// without a row, which goes after 7 days.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "store/connection.h"
#include "store/known_files.h"
#include "store/mailbox_rows.h"
#include "store/queries.h"
#include "store/threads.h"

namespace mail::store {
namespace {

// A session that was not told for that long is ended (Mailbox::view_floor).
constexpr Micros kViewsLive = kDay;
constexpr Micros kTombstonesLive = 180 * kDay;
constexpr std::int64_t kMostTombstones = 20'000;  // of a mailbox
constexpr Micros kDeliveredLives = kHour;
constexpr Micros kOrphansLive = 7 * kDay;
constexpr Micros kEmptyOnesLive = kDay;  // names made ahead (new_files.h)
constexpr Micros kFilesEvery = kDay;
constexpr int kRemovedAtOnce = 500;
constexpr std::int64_t kLargestLog = 4 << 20;

struct Gone {
  std::vector<EmailId> emails;
  std::vector<std::string> files;
};

void trim_expunged(Core& core) {
  Change change(core);
  const Micros before = change.now() - kViewsLive;
  auto& floors = core.mail.statement(
      "UPDATE mailbox SET view_floor = max(view_floor, old.modseq) "
      "FROM (SELECT mailbox, max(modseq) AS modseq FROM expunged "
      "WHERE time < ?1 GROUP BY mailbox) AS old "
      "WHERE mailbox.id = old.mailbox");
  floors.run(before);
  if (core.mail.changed_rows() == 0) return;
  core.mail.statement("DELETE FROM expunged WHERE time < ?").run(before);
  change.commit_quietly();
}

// Tombstones that are old, and the oldest of too many.
void trim_vanished(Core& core) {
  Change change(core);
  const Micros before = change.now() - kTombstonesLive;
  auto& find = core.mail.statement(
      "SELECT mailbox, max(modseq) FROM (SELECT mailbox, modseq, time, "
      "row_number() OVER (PARTITION BY mailbox ORDER BY modseq DESC) AS place "
      "FROM vanished) WHERE time < ?1 OR place > ?2 GROUP BY mailbox");
  find.bind(before, kMostTombstones);
  std::vector<std::pair<MailboxId, Modseq>> floors;
  while (find.step()) floors.emplace_back(find.integer(0), find.integer(1));
  for (const auto& [mailbox, floor] : floors) {
    core.mail
        .statement("DELETE FROM vanished WHERE mailbox = ? AND modseq <= ?")
        .run(mailbox, floor);
    core.mail
        .statement(
            "UPDATE mailbox SET vanished_floor = max(vanished_floor, ?2) "
            "WHERE id = ?1")
        .run(mailbox, floor);
  }
  if (!floors.empty()) change.commit_quietly();
}

// Sessions that want to know of changed annotations were told long ago.
void trim_annotated(Core& core) {
  Change change(core);
  core.mail.statement("DELETE FROM annotated WHERE time < ?")
      .run(change.now() - kViewsLive);
  if (core.mail.changed_rows() > 0) change.commit_quietly();
}

struct Leaving {
  EmailId email;
  EmailId original;
  std::string file;
};

bool shares_file(db::Database& mail, const Leaving& gone) {
  auto& query = mail.statement(queries::kSharesFile);
  query.bind(gone.original, gone.email);
  const bool shared = query.step();
  query.reset();
  return shared;
}

std::vector<Leaving> find_leaving(db::Database& mail, Micros before) {
  auto& rows = mail.statement(
      "SELECT departed.email, coalesce(twin.original, departed.email), "
      "email.file FROM departed JOIN email ON email.id = departed.email "
      "LEFT JOIN twin ON twin.email = departed.email "
      "WHERE departed.time < ?1 LIMIT ?2");
  rows.bind(before, kRemovedAtOnce);
  std::vector<Leaving> leaving;
  while (rows.step()) {
    leaving.push_back(
        {rows.integer(0), rows.integer(1), std::string(rows.text(2))});
  }
  return leaving;
}

// One group: rows first.
Gone remove_rows(Core& core) {
  Change change(core);
  Gone gone;
  for (const Leaving& one :
       find_leaving(core.mail, change.now() - kViewsLive)) {
    core.mail.statement("DELETE FROM email WHERE id = ?").run(one.email);
    core.mail.statement("DELETE FROM departed WHERE email = ?").run(one.email);
    core.mail.statement("DELETE FROM twin WHERE email = ?").run(one.email);
    gone.emails.push_back(one.email);
    if (!shares_file(core.mail, one)) gone.files.push_back(one.file);
  }
  if (!gone.emails.empty()) change.commit_quietly();
  return gone;
}

void remove_departed(Core& core) {
  while (true) {
    const Gone gone = remove_rows(core);
    if (gone.emails.empty()) return;
    for (const auto& file : gone.files) {
      ::unlink((core.folder + "/msg/" + file).c_str());
    }
    core.cache.remove(gone.emails);
    core.words.remove(gone.emails);
    log_debug("files-removed", {{"account", core.id},
                                {"emails", gone.emails.size()},
                                {"files", gone.files.size()}});
  }
}

// Whether a file without a row of its own may go: nobody has touched it for
// a week (a day, when nothing is in it), the spool has no name for it, and no
// delivery remembers it.
bool is_orphan(Core& core, const std::string& path, const std::string& name) {
  struct stat about{};
  if (::lstat(path.c_str(), &about) != 0) return false;
  if (!S_ISREG(about.st_mode) || about.st_nlink > 1) return false;
  const Micros changed = about.st_ctim.tv_sec * kSecond;
  const Micros lives = about.st_size == 0 ? kEmptyOnesLive : kOrphansLive;
  if (changed > wall_time() - lives) return false;
  auto& query = core.mail.statement(queries::kDeliveredAny);
  query.bind(name);
  const bool remembered = query.step();
  query.reset();
  return !remembered;
}

void remove_old_folder(const std::string& path) {
  struct stat about{};
  if (::lstat(path.c_str(), &about) != 0) return;
  if (about.st_mtim.tv_sec * kSecond > wall_time() - kEmptyOnesLive) return;
  ::rmdir(path.c_str());
}

void remove_orphans_of(Core& core, const std::string& folder,
                       const KnownFiles& known) {
  const std::string path = core.folder + "/msg/" + folder;
  for (const auto& name : list_folder(path)) {
    if (known.contains(folder + "/" + name)) continue;
    const std::string file = path + "/" + name;
    if (!is_orphan(core, file, name)) continue;
    ::unlink(file.c_str());
    log_info("orphan-removed", {{"id", name}, {"account", core.id}});
  }
  // Goes when nothing is left in it.
  if (NewFiles::is_of_a_burst(folder)) remove_old_folder(path);
}

// What needs to look at everything, once a day.
void clean_up(Core& core) {
  auto& last = core.mail.statement("SELECT files_checked FROM account");
  last.bind();
  last.step();
  const Micros checked = last.integer(0);
  last.reset();
  if (checked > wall_time() - kFilesEvery) return;
  const KnownFiles known(core.mail);
  for (const auto& folder : list_folder(core.folder + "/msg")) {
    remove_orphans_of(core, folder, known);
  }
  forget_empty_threads(core);
  Change change(core);
  core.mail.statement("UPDATE account SET files_checked = ?").run(change.now());
  change.commit_quietly();
}

// What cache.db made of mailboxes that were deleted.
void forget_deleted(Core& core) {
  std::vector<MailboxId> there;
  for (const Mailbox& box : load_mailboxes(core.mail)) there.push_back(box.id);
  core.cache.forget_others(there);
}

void shrink_log(Core& core) {
  struct stat about{};
  if (::stat((core.folder + "/mail.db-wal").c_str(), &about) != 0) return;
  if (about.st_size > kLargestLog) {
    core.mail.checkpoint_truncate();
  } else {
    core.mail.checkpoint_passive();
  }
}

}  // namespace

void Connection::forget_delivered(
    const std::function<bool(std::string_view)>& in_spool) {
  auto& rows =
      mail_.statement("SELECT DISTINCT spool_id FROM delivered WHERE time < ?");
  rows.bind(wall_time() - kDeliveredLives);
  std::vector<std::string> ids;
  while (rows.step()) ids.emplace_back(rows.text(0));
  std::erase_if(ids, [&](const auto& id) { return in_spool(id); });
  if (ids.empty()) return;
  Change change(core_);
  auto& forget = mail_.statement("DELETE FROM delivered WHERE spool_id = ?");
  for (const auto& id : ids) forget.run(id);
  change.commit_quietly();
}

void Connection::maintain() {
  trim_expunged(core_);
  trim_vanished(core_);
  trim_annotated(core_);
  remove_departed(core_);
  forget_deleted(core_);
  core_.words.tidy();
  clean_up(core_);
  shrink_log(core_);
}

}  // namespace mail::store
