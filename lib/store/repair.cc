// Repairing an account that nobody else has open.
//
// Two cases.  A mail.db that SQLite can read keeps its rows: what the rows
// say about each other is computed anew, and files that no row knows come
// back (store/recover.h).  One that is lost or damaged is put aside; the
// message files alone make a new one.  Which of them the user had deleted is
// then not known: all of them lie in "Recovered".
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

#include "base/fault.h"
#include "base/log.h"
#include "store/account_lock.h"
#include "store/administration.h"
#include "store/change.h"
#include "store/new_database.h"
#include "store/outrun.h"
#include "store/recover.h"
#include "store/schema.h"

namespace mail::store {
namespace {

bool is_usable(const std::string& folder) {
  const std::string path = folder + "/mail.db";
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0 ||
      !db::find_problems(path, 1).empty()) {
    return false;
  }
  db::Database mail(path, db::Mode::Existing);
  return mail.version() > 0;
}

void put_aside(const std::string& folder) {
  const std::string mark = ".damaged-" + std::to_string(wall_time());
  for (const std::string end : {"", "-wal", "-shm"}) {
    const std::string path = folder + "/mail.db" + end;
    if (::rename(path.c_str(), (folder + "/mail.db" + mark + end).c_str()) !=
            0 &&
        errno != ENOENT) {
      throw_errno("rename " + path);
    }
  }
}

struct Step {
  std::string_view action;
  std::string_view sql;
};

// In this order: rows that lead nowhere go, then the rest is counted.
constexpr Step kSteps[] = {
    {"entries without an email or mailbox removed",
     "DELETE FROM entry WHERE email NOT IN (SELECT id FROM email) "
     "OR mailbox NOT IN (SELECT id FROM mailbox)"},
    {"mailboxes without their parent moved to the top",
     "UPDATE mailbox SET parent = 0, name = name || ' ' || id "
     "WHERE parent <> 0 AND parent NOT IN (SELECT id FROM mailbox)"},
    {"names that hold messages made mailboxes",
     "UPDATE mailbox SET selectable = 1 WHERE selectable = 0 "
     "AND id IN (SELECT mailbox FROM entry)"},
    {"entries made like their emails",
     "UPDATE entry SET flags = (entry.flags & 8) | email.flags, "
     "keywords = email.keywords, size = email.size, thread = email.thread, "
     "modseq = (SELECT modseq + 1 FROM account) "
     "FROM email WHERE email.id = entry.email AND ("
     "entry.flags & ~8 <> email.flags OR entry.keywords <> email.keywords OR "
     "entry.size <> email.size OR entry.thread <> email.thread)"},
    {"marks of departure taken from emails that are in a mailbox",
     "DELETE FROM departed WHERE email IN (SELECT email FROM entry) "
     "OR email NOT IN (SELECT id FROM email)"},
    {"emails in no mailbox given up",
     "INSERT INTO departed(email, size, time) "
     "SELECT id, size, unixepoch() * 1000000 FROM email "
     "WHERE id NOT IN (SELECT email FROM entry) "
     "AND id NOT IN (SELECT email FROM departed)"},
    {"originals of emails that are gone forgotten",
     "DELETE FROM twin WHERE email NOT IN (SELECT id FROM email)"},
    {"emails of one file tied together",
     "INSERT OR REPLACE INTO twin(email, original) "
     "SELECT email.id, coalesce(twin.original, shared.first) "
     "FROM (SELECT file, min(id) AS first FROM email GROUP BY file "
     "HAVING count(*) > 1) AS shared "
     "JOIN email ON email.file = shared.file AND email.id > shared.first "
     "LEFT JOIN twin ON twin.email = shared.first "
     "LEFT JOIN twin AS own ON own.email = email.id "
     "WHERE own.original IS NOT coalesce(twin.original, shared.first)"},
    {"counters of mailboxes corrected",
     "UPDATE mailbox SET messages = real.messages, unseen = real.unseen, "
     "deleted = real.deleted, bytes = real.bytes, "
     "uidnext = max(uidnext, real.last + 1), "
     "highestmodseq = max(highestmodseq, real.newest) FROM ("
     "SELECT mailbox.id AS id, count(uid) AS messages, "
     "coalesce(sum(flags & 1 = 0), 0) AS unseen, "
     "coalesce(sum(flags & 8 = 8), 0) AS deleted, "
     "coalesce(sum(size), 0) AS bytes, coalesce(max(uid), 0) AS last, "
     "coalesce(max(entry.modseq), 0) AS newest "
     "FROM mailbox LEFT JOIN entry ON entry.mailbox = mailbox.id "
     "GROUP BY mailbox.id) AS real WHERE real.id = mailbox.id AND ("
     "mailbox.messages <> real.messages OR mailbox.unseen <> real.unseen OR "
     "mailbox.deleted <> real.deleted OR mailbox.bytes <> real.bytes OR "
     "mailbox.uidnext <= real.last OR mailbox.highestmodseq < real.newest)"},
    {"counters of the account corrected",
     "UPDATE account SET emails = real.emails, bytes = real.bytes, "
     "next_email = max(next_email, real.last + 1), "
     "modseq = max(modseq, real.newest) FROM ("
     "SELECT count(*) AS emails, coalesce(sum(size), 0) AS bytes, "
     "(SELECT coalesce(max(id), 0) FROM email) AS last, "
     "(SELECT coalesce(max(highestmodseq), 0) FROM mailbox) AS newest "
     "FROM email WHERE id NOT IN (SELECT email FROM departed)) AS real "
     "WHERE account.emails <> real.emails OR account.bytes <> real.bytes "
     "OR next_email <= real.last OR account.modseq < real.newest"},
};

// Nobody's view or memory of the account is trusted any more.
constexpr std::string_view kStartOver =
    "UPDATE account SET modseq = modseq + 1;"
    "UPDATE mailbox SET highestmodseq = account.modseq, "
    "modseq = account.modseq, vanished_floor = account.modseq, "
    "view_floor = account.modseq FROM account;";

void repair_rows(db::Database& mail, Repaired& repaired) {
  db::Transaction change(mail);
  for (const Step& step : kSteps) {
    mail.statement(step.sql).run();
    const std::int64_t rows = mail.changed_rows();
    if (rows == 0) continue;
    repaired.actions.push_back(std::string(step.action) + ": " +
                               std::to_string(rows));
  }
  if (!repaired.actions.empty()) mail.run(kStartOver);
  change.commit();
}

}  // namespace

Repaired repair(const std::string& folder, std::uint64_t id,
                const UidValiditySource& next_uidvalidity,
                const InSpool& in_spool) {
  Repaired repaired;
  for (const std::string& name : missing_files(folder)) {
    if (name != "mail.db") repaired.actions.push_back(name + " made anew");
  }
  make_files(folder);
  const Modseq told = ModseqFile::look(folder).value_or(0);
  ExclusiveLock alone(folder);
  const bool usable = is_usable(folder);
  if (!usable) {
    put_aside(folder);
    make_database(folder, id, next_uidvalidity);
    repaired.actions.emplace_back("mail.db made anew from the message files");
  }
  sync_names(folder);
  Cache::discard(folder);
  WordIndex::discard(folder);
  AccountsOptions options;
  options.folder = [&](std::uint64_t) { return folder; };
  options.next_uidvalidity = next_uidvalidity;
  Writing writing(folder);
  Core core(id, options, writing);
  core.mail.migrate(mail_steps());
  if (usable && outrun(core, told)) {
    repaired.actions.emplace_back(
        "mail.db is older than what clients know: new UIDVALIDITYs");
  }
  repair_rows(core.mail, repaired);
  repaired.recovered = recover(
      core, usable ? Recover::OnlyLost : Recover::All, in_spool);
  if (repaired.recovered > 0) {
    repaired.actions.push_back("messages put into Recovered: " +
                               std::to_string(repaired.recovered));
  }
  alone.announce(read_account(core.mail).modseq);
  log_info("account-repaired",
           {{"account", id}, {"recovered", repaired.recovered}});
  return repaired;
}

}  // namespace mail::store
