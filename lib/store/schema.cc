// Rows are small and clustered by how clients ask for them.  `entry` is what
// IMAP reads: one key range of it is a mailbox, without a look at anything
// else, so what FETCH FLAGS, SIZE, DATE and EMAILID need is copied into it.
// The partial indexes hold only the few unseen, deleted and flagged ones.
//
// A shared engine puts the account in front of every key; here a file is one
// account, which makes point reads a third cheaper.
#include "store/schema.h"

#include "store/account_lock.h"

namespace mail::store {
namespace {

// Ids are given from the counters in `account`, never from the largest row:
// so none is given twice.
constexpr std::string_view kMail1 = R"(
CREATE TABLE account(
  one INTEGER PRIMARY KEY CHECK(one = 1),
  id INTEGER NOT NULL,
  modseq INTEGER NOT NULL,
  next_mailbox INTEGER NOT NULL,
  next_email INTEGER NOT NULL,
  next_thread INTEGER NOT NULL,
  last_uidvalidity INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  emails INTEGER NOT NULL,
  limit_bytes INTEGER NOT NULL,
  files_checked INTEGER NOT NULL
) STRICT;

CREATE TABLE mailbox(
  id INTEGER PRIMARY KEY,
  parent INTEGER NOT NULL,
  name TEXT NOT NULL,
  role INTEGER NOT NULL,
  uidvalidity INTEGER NOT NULL,
  uidnext INTEGER NOT NULL,
  recent_from INTEGER NOT NULL,
  highestmodseq INTEGER NOT NULL,
  created INTEGER NOT NULL,
  modseq INTEGER NOT NULL,
  vanished_floor INTEGER NOT NULL,
  view_floor INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  unseen INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX mailbox_name ON mailbox(parent, name);
CREATE INDEX mailbox_role ON mailbox(role) WHERE role > 0;

CREATE TABLE subscription(
  name TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE email(
  id INTEGER PRIMARY KEY,
  file TEXT NOT NULL,
  length INTEGER NOT NULL,
  prefix BLOB NOT NULL,
  thread INTEGER NOT NULL,
  size INTEGER NOT NULL,
  internal_date INTEGER NOT NULL,
  sent_date INTEGER NOT NULL,
  subject TEXT NOT NULL,
  sender TEXT NOT NULL,
  recipient TEXT NOT NULL,
  has_attachment INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  keywords INTEGER NOT NULL,
  created INTEGER NOT NULL,
  modseq INTEGER NOT NULL
) STRICT;
CREATE INDEX email_file ON email(file);
CREATE INDEX email_thread ON email(thread, internal_date);

CREATE TABLE entry(
  mailbox INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  email INTEGER NOT NULL,
  thread INTEGER NOT NULL,
  modseq INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  keywords INTEGER NOT NULL,
  size INTEGER NOT NULL,
  internal_date INTEGER NOT NULL,
  save_date INTEGER NOT NULL,
  PRIMARY KEY(mailbox, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_modseq ON entry(mailbox, modseq);
CREATE INDEX entry_email ON entry(email);
CREATE INDEX entry_date ON entry(mailbox, internal_date, email, thread);
CREATE INDEX entry_unseen ON entry(mailbox, uid, flags) WHERE flags & 1 = 0;
CREATE INDEX entry_deleted ON entry(mailbox, uid) WHERE flags & 8 = 8;
CREATE INDEX entry_flagged ON entry(mailbox, uid) WHERE flags & 4 = 4;
CREATE INDEX entry_keywords ON entry(mailbox, keywords) WHERE keywords > 0;

CREATE TABLE expunged(
  mailbox INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  email INTEGER NOT NULL,
  thread INTEGER NOT NULL,
  modseq INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  keywords INTEGER NOT NULL,
  size INTEGER NOT NULL,
  internal_date INTEGER NOT NULL,
  save_date INTEGER NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY(mailbox, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX expunged_modseq ON expunged(mailbox, modseq);

CREATE TABLE vanished(
  mailbox INTEGER NOT NULL,
  modseq INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY(mailbox, modseq, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE departed(
  email INTEGER PRIMARY KEY,
  size INTEGER NOT NULL,
  time INTEGER NOT NULL
) STRICT;

CREATE TABLE delivered(
  spool_id TEXT NOT NULL,
  mailbox INTEGER NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY(spool_id, mailbox)
) STRICT, WITHOUT ROWID;

CREATE TABLE keyword(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE
) STRICT;

CREATE TABLE keyword_set(
  id INTEGER PRIMARY KEY,
  members TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE thread_key(
  hash INTEGER PRIMARY KEY,
  thread INTEGER NOT NULL
) STRICT;
CREATE INDEX thread_key_thread ON thread_key(thread);
)";

// Annotations (RFC 5464): of a mailbox, or 0 for the account.
constexpr std::string_view kMail2 = R"(
ALTER TABLE account ADD COLUMN limit_emails INTEGER NOT NULL DEFAULT 0;

CREATE TABLE annotation(
  mailbox INTEGER NOT NULL,
  name TEXT NOT NULL COLLATE NOCASE,
  value BLOB NOT NULL,
  PRIMARY KEY(mailbox, name)
) STRICT, WITHOUT ROWID;
)";

// `twin`: emails that are copies of another one in a mailbox that held it
// already, and which.  `annotated`: names of annotations, and when each was
// changed last.
constexpr std::string_view kMail3 = R"(
CREATE TABLE twin(
  email INTEGER PRIMARY KEY,
  original INTEGER NOT NULL
) STRICT;
CREATE INDEX twin_original ON twin(original);

CREATE TABLE annotated(
  mailbox INTEGER NOT NULL,
  name TEXT NOT NULL COLLATE NOCASE,
  modseq INTEGER NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY(mailbox, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX annotated_modseq ON annotated(modseq);
)";

// 0: a name above others whose mailbox is deleted (RFC 3501 6.3.4).
constexpr std::string_view kMail4 = R"(
ALTER TABLE mailbox ADD COLUMN selectable INTEGER NOT NULL DEFAULT 1;
)";

// Each index costs a new message a page of the log: those that only cleaning
// up has used go.  `twin` tells which emails share a file.
constexpr std::string_view kMail5 = R"(
INSERT OR REPLACE INTO twin(email, original)
  SELECT email.id, coalesce(twin.original, shared.first)
  FROM (SELECT file, min(id) AS first FROM email GROUP BY file
        HAVING count(*) > 1) AS shared
  JOIN email ON email.file = shared.file AND email.id > shared.first
  LEFT JOIN twin ON twin.email = shared.first;
DROP INDEX email_file;
DROP INDEX email_thread;
DROP INDEX entry_date;
DROP INDEX thread_key_thread;
)";

// `tag` ties a row to the message it was made of: ids of emails that a crash
// took back are given again.
constexpr std::string_view kCache1 = R"(
CREATE TABLE cached(
  email INTEGER PRIMARY KEY,
  tag INTEGER NOT NULL,
  version INTEGER NOT NULL,
  envelope BLOB NOT NULL,
  bodystructure BLOB NOT NULL,
  body BLOB NOT NULL,
  preview BLOB NOT NULL,
  parts BLOB NOT NULL,
  header BLOB
) STRICT;
)";

// What is made of all messages of a mailbox: `what` is a store::Made.
constexpr std::string_view kCache2 = R"(
CREATE TABLE made(
  id INTEGER PRIMARY KEY,
  mailbox INTEGER NOT NULL,
  what INTEGER NOT NULL,
  version INTEGER NOT NULL,
  uidvalidity INTEGER NOT NULL,
  uidnext INTEGER NOT NULL,
  modseq INTEGER NOT NULL,
  content BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX made_mailbox ON made(mailbox, what);
)";

// One row of `progress`: the emails up to `upto` are indexed; `tag` ties it to
// the last of them.  Blocks of words fill a page each: the lists lie apart.
constexpr std::string_view kSearch1 = R"(
CREATE TABLE progress(
  one INTEGER PRIMARY KEY CHECK(one = 1),
  version INTEGER NOT NULL,
  upto INTEGER NOT NULL,
  tag INTEGER NOT NULL,
  next_segment INTEGER NOT NULL
) STRICT;

CREATE TABLE segment(
  id INTEGER PRIMARY KEY,
  first INTEGER NOT NULL,
  range INTEGER NOT NULL,
  docs INTEGER NOT NULL,
  dead INTEGER NOT NULL,
  made INTEGER NOT NULL,
  partial BLOB NOT NULL
) STRICT;

CREATE TABLE words(
  id INTEGER PRIMARY KEY,
  sum INTEGER NOT NULL,
  text BLOB NOT NULL
) STRICT;

CREATE TABLE lists(
  id INTEGER PRIMARY KEY,
  sum INTEGER NOT NULL,
  data BLOB NOT NULL
) STRICT;
)";

constexpr std::string_view kMailSteps[] = {kMail1, kMail2, kMail3, kMail4,
                                           kMail5};
constexpr std::string_view kCacheSteps[] = {kCache1, kCache2};
constexpr std::string_view kSearchSteps[] = {kSearch1};

}  // namespace

db::Steps mail_steps() { return kMailSteps; }

void upgrade(const std::string& folder) {
  const ExclusiveLock alone(folder);
  db::Database mail(folder + "/mail.db", db::Mode::Existing);
  mail.migrate(mail_steps());
}

db::Steps cache_steps() { return kCacheSteps; }
db::Steps search_steps() { return kSearchSteps; }

}  // namespace mail::store
