#include "store/recover.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <string>
#include <vector>

#include "base/base32.h"
#include "base/fault.h"
#include "base/file.h"
#include "mime/message_file.h"
#include "store/change.h"
#include "store/known_files.h"
#include "store/mailbox_rows.h"
#include "store/new_email.h"
#include "store/queries.h"

namespace mail::store {
namespace {

constexpr std::string_view kRecovered = "Recovered";
constexpr std::size_t kBatch = 200;

struct Found {
  std::string file;  // FFFF/NAME
  bool in_spool = false;
};

// A whole message that nobody is writing.  The footer is looked for first: an
// empty draft may be locked at this moment, and one with a footer is locked.
bool is_settled(const std::string& path) {
  const Fd file(
      ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat about{};
  if (!file || ::fstat(file.number(), &about) != 0) return false;
  if (!S_ISREG(about.st_mode) || !mime::read_footer(file)) return false;
  if (::flock(file.number(), LOCK_SH | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  throw_errno("flock " + path);
}

// Another name of the file is the spool's, which delivers it, or that of
// another account, which got it.
bool has_other_names(const std::string& path) {
  struct stat about{};
  return ::lstat(path.c_str(), &about) == 0 && about.st_nlink > 1;
}

bool is_delivered(db::Database& mail, const std::string& name) {
  auto& query = mail.statement(queries::kDeliveredAny);
  query.bind(name);
  const bool delivered = query.step();
  query.reset();
  return delivered;
}

class Search {
 public:
  Search(Core& core, Recover which, const InSpool& in_spool)
      : core_(core), which_(which), in_spool_(in_spool), known_(core.mail) {}

  std::vector<Found> run() {
    for (const auto& part : list_folder(core_.folder + "/msg")) {
      for (const auto& name : list_folder(core_.folder + "/msg/" + part)) {
        look(part, name);
      }
    }
    return std::move(found_);
  }

 private:
  void look(const std::string& part, const std::string& name) {
    // A copy that a delivery had not ended: what has the id is a message.
    if (name.contains('.')) return;
    const std::string file = part + "/" + name;
    const std::string path = core_.folder + "/msg/" + file;
    if (known_.contains(file) || !is_settled(path)) return;
    const bool in_spool = in_spool_ && in_spool_(name);
    if (which_ == Recover::OnlyLost &&
        (in_spool || has_other_names(path) || is_delivered(core_.mail, name))) {
      return;
    }
    found_.push_back({file, in_spool});
  }

  Core& core_;
  const Recover which_;
  const InSpool& in_spool_;
  const KnownFiles known_;
  std::vector<Found> found_;
};

// The first ten characters of a file's name are milliseconds.
Micros time_of(const std::string& file) {
  const auto slash = file.find('/');
  const auto time = parse_base32(std::string_view(file).substr(slash + 1, 10));
  return time ? static_cast<Micros>(*time) * kMillisecond : wall_time();
}

MailboxId recovered_mailbox(Core& core, Change& change) {
  const auto found = find_mailbox(core.mail, kRecovered);
  if (found && load_mailbox(core.mail, *found)->selectable) return *found;
  const MailboxId id = found ? *found : change.account().next_mailbox++;
  const NewMailbox box{id,
                       0,
                       kRecovered,
                       Role::None,
                       change.next_uidvalidity(),
                       change.modseq()};
  found ? fill_name(core.mail, box) : insert_mailbox(core.mail, box);
  core.mail.statement("INSERT OR IGNORE INTO subscription(name) VALUES(?)")
      .run(kRecovered);
  return id;
}

// The spool must not bring it once more.
void remember_delivery(Core& core, const Change& change,
                       const std::string& file, MailboxId mailbox) {
  core.mail
      .statement("INSERT INTO delivered(spool_id, mailbox, time) "
                 "VALUES(?, ?, ?)")
      .run(file.substr(file.find('/') + 1), mailbox, change.now());
}

std::int64_t attach(Core& core, std::span<const Found> files) {
  const std::string no_prefix;
  const std::vector<std::string> no_keywords;
  Change change(core);
  const MailboxId mailbox = recovered_mailbox(core, change);
  std::int64_t count = 0;
  for (const Found& one : files) {
    const Fd file =
        open_file(core.folder + "/msg/" + one.file, O_RDONLY | O_NOFOLLOW);
    const auto footer = mime::read_footer(file);
    if (!footer || !mime::verify(file, *footer)) continue;  // damaged
    const Digested digested = digest_message(file, footer->message_length, {});
    const Entry entry =
        insert_email(core, change,
                     {one.file, footer->message_length, no_prefix,
                      time_of(one.file), 0, no_keywords, digested});
    change.insert_entry(mailbox, entry);
    if (one.in_spool) remember_delivery(core, change, one.file, mailbox);
    ++count;
  }
  if (count > 0) change.commit();
  return count;
}

}  // namespace

std::int64_t recover(Core& core, Recover which, const InSpool& in_spool) {
  const std::vector<Found> found = Search(core, which, in_spool).run();
  const std::span all(found);
  std::int64_t count = 0;
  for (std::size_t at = 0; at < all.size(); at += kBatch) {
    count += attach(core, all.subspan(at, std::min(kBatch, all.size() - at)));
  }
  return count;
}

}  // namespace mail::store
