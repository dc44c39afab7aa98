// Checking an account: rows against each other, counters against rows, rows
// against files.  Others may go on using it: everything is read in one view,
// and what has left all mailboxes is not looked at, since its file may go at
// any time.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/fault.h"
#include "base/file.h"
#include "mime/message_file.h"
#include "store/account_lock.h"
#include "store/administration.h"
#include "store/change.h"
#include "store/known_files.h"
#include "store/mailbox_rows.h"
#include "store/new_database.h"
#include "store/queries.h"
#include "store/schema.h"

namespace mail::store {
namespace {

constexpr std::size_t kMostProblems = 1'000;

class Checker {
 public:
  Checker(const std::string& folder, Depth depth)
      : folder_(folder),
        depth_(depth),
        mail_(folder + "/mail.db", db::Mode::Existing) {}

  Findings run() {
    // First: a commit writes it last.
    const Modseq told = ModseqFile::look(folder_).value_or(0);
    const db::Snapshot snapshot(mail_);
    if (read_account(mail_).modseq < told) {
      add("account: mail.db is older than what clients know of it");
    }
    check_counters();
    check_entries();
    check_account();
    check_emails();
    count_orphans();
    return std::move(findings_);
  }

 private:
  void add(std::string problem) {
    if (findings_.problems.size() < kMostProblems) {
      findings_.problems.push_back(std::move(problem));
    }
  }

  // A row for each thing that is wrong; the text is its first column.
  void add_rows(std::string_view sql) {
    auto& rows = mail_.statement(sql);
    rows.bind();
    while (rows.step()) add(std::string(rows.text(0)));
  }

  void check_counters() {
    add_rows(
        "SELECT 'mailbox ' || name || ': counters differ from its messages' "
        "FROM mailbox LEFT JOIN (SELECT mailbox, count(*) AS messages, "
        "sum(flags & 1 = 0) AS unseen, sum(flags & 8 = 8) AS deleted, "
        "sum(size) AS bytes, max(uid) AS last, max(modseq) AS modseq "
        "FROM entry GROUP BY mailbox) AS real ON real.mailbox = mailbox.id "
        "WHERE mailbox.messages <> coalesce(real.messages, 0) "
        "OR mailbox.unseen <> coalesce(real.unseen, 0) "
        "OR mailbox.deleted <> coalesce(real.deleted, 0) "
        "OR mailbox.bytes <> coalesce(real.bytes, 0) "
        "OR mailbox.uidnext <= coalesce(real.last, 0) "
        "OR mailbox.highestmodseq < coalesce(real.modseq, 0)");
    add_rows(
        "SELECT 'mailbox ' || name || ': its parent is missing' FROM mailbox "
        "WHERE parent <> 0 AND parent NOT IN (SELECT id FROM mailbox)");
    add_rows(
        "SELECT 'mailbox ' || name || ': holds messages and is but a name' "
        "FROM mailbox WHERE selectable = 0 "
        "AND id IN (SELECT mailbox FROM entry)");
  }

  void check_entries() {
    add_rows(
        "SELECT 'entry ' || mailbox || '/' || uid || ': no such mailbox' "
        "FROM entry WHERE mailbox NOT IN (SELECT id FROM mailbox)");
    add_rows(
        "SELECT 'entry ' || mailbox || '/' || uid || ': no such email' "
        "FROM entry WHERE email NOT IN (SELECT id FROM email)");
    add_rows(
        "SELECT 'entry ' || mailbox || '/' || uid || "
        "': differs from its email' FROM entry JOIN email ON email.id = "
        "entry.email WHERE entry.flags & ~8 <> email.flags "
        "OR entry.keywords <> email.keywords OR entry.size <> email.size "
        "OR entry.thread <> email.thread");
    add_rows(
        "SELECT 'email ' || id || ': in no mailbox' FROM email "
        "WHERE id NOT IN (SELECT email FROM entry) "
        "AND id NOT IN (SELECT email FROM departed)");
  }

  void check_account() {
    const AccountRow account = read_account(mail_);
    auto& real = mail_.statement(
        "SELECT count(*), coalesce(sum(size), 0), coalesce(max(id), 0) "
        "FROM email WHERE id NOT IN (SELECT email FROM departed)");
    real.bind();
    real.step();
    if (account.emails != real.integer(0) || account.bytes != real.integer(1)) {
      add("account: quota counters differ from its messages");
    }
    if (account.next_email <= real.integer(2)) add("account: ids come again");
    real.reset();
  }

  void check_emails() {
    auto& rows = mail_.statement(
        "SELECT id, file, length, size - length(prefix) FROM email "
        "WHERE id NOT IN (SELECT email FROM departed)");
    rows.bind();
    while (rows.step()) {
      ++findings_.emails;
      check_file("email " + std::to_string(rows.integer(0)),
                 std::string(rows.text(1)), rows.integer(2));
      if (rows.integer(2) != rows.integer(3)) {
        add("email " + std::to_string(rows.integer(0)) + ": size is wrong");
      }
    }
  }

  void check_file(const std::string& who, const std::string& name,
                  std::int64_t length) {
    const std::string path = folder_ + "/msg/" + name;
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file) return add(who + ": file " + name + " is missing");
    const auto footer = mime::read_footer(file);
    if (!footer) return add(who + ": file " + name + " is torn");
    if (footer->message_length != length) {
      add(who + ": file " + name + " has another length");
    }
    if (depth_ == Depth::Checksums && !mime::verify(file, *footer)) {
      add(who + ": file " + name + " has another checksum");
    }
  }

  void count_orphans() {
    const KnownFiles known(mail_);
    for (const auto& folder : list_folder(folder_ + "/msg")) {
      for (const auto& name : list_folder(folder_ + "/msg/" + folder)) {
        const std::string file = folder + "/" + name;
        ++findings_.files;
        findings_.orphans += !known.contains(file) && holds_anything(file);
      }
    }
  }

  // What is empty is a name that an APPEND may fill (NewFiles).
  bool holds_anything(const std::string& file) const {
    struct stat about{};
    const std::string path = folder_ + "/msg/" + file;
    return ::lstat(path.c_str(), &about) == 0 && about.st_size > 0;
  }

  std::string folder_;
  Depth depth_;
  db::Database mail_;
  Findings findings_;
};

// What an administrator who looks need not see as SQL.
std::vector<std::string> problems_of_file(const std::string& path) {
  std::vector<std::string> problems;
  for (const auto& problem : db::find_problems(path, 20)) {
    problems.push_back("database: " + problem);
  }
  return problems;
}

Findings check_rows(const std::string& folder, Depth depth) {
  const std::string path = folder + "/mail.db";
  SharedLock lock(folder);
  Findings findings;
  findings.problems = problems_of_file(path);
  if (!findings.problems.empty()) return findings;
  const int version = db::Database(path, db::Mode::Existing).version();
  if (version <= 0) {
    findings.problems.emplace_back("database: it is empty");
    return findings;
  }
  if (version < static_cast<int>(mail_steps().size())) {
    lock.release();
    upgrade(folder);
    lock = SharedLock(folder);
  }
  return Checker(folder, depth).run();
}

}  // namespace

Findings check(const std::string& folder, Depth depth) {
  std::vector<std::string> problems;
  for (const auto& name : missing_files(folder)) {
    problems.push_back("account: its " + name + " is missing");
  }
  Findings findings;
  if (account_exists(folder)) findings = check_rows(folder, depth);
  findings.problems.insert(findings.problems.begin(), problems.begin(),
                           problems.end());
  return findings;
}

}  // namespace mail::store
