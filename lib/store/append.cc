// Connection's new messages: APPEND and delivery.
//
// The message is written and parsed before the transaction begins, and on the
// disk before it ends.  Inside, the rows are made.  cache.db gets its rows in
// a transaction of its own, unsynced.  Of a delivery before mail.db is
// committed: so whoever is told of the email finds them, and a crash in
// between leaves cached rows that a tag tells from those of the message that
// gets the id later.  Of an APPEND a moment later: who sends a message seldom
// asks for it.
#include <fcntl.h>

#include <algorithm>

#include "base/fault.h"
#include "store/connection.h"
#include "store/mailbox_rows.h"
#include "store/new_email.h"
#include "store/queries.h"
#include "store/threads.h"

namespace mail::store {
namespace {

// Pages of the log above which who adds messages carries them over: a log that
// is written again from its beginning costs less than one that grows.
constexpr int kOwnerPages = 1'000;

// Octets of a message that is synced inside of the transaction, when nobody
// else wants to write: its blocks, on their way since it was finished, reach
// the disk while the rows are made.
constexpr std::int64_t kSyncedInside = 64 << 10;

bool exists(db::Database& mail, MailboxId id) {
  auto& query = mail.statement("SELECT 1 FROM mailbox WHERE id = ?");
  query.bind(id);
  const bool found = query.step();
  query.reset();
  return found;
}

// Where an arrival goes, each mailbox once; INBOX for one that is gone.
std::vector<MailboxId> targets(db::Database& mail, const Arrival& arrival) {
  std::vector<MailboxId> ids;
  for (MailboxId id : arrival.mailboxes) {
    if (!exists(mail, id)) {
      id = mailbox_of_role(mail, Role::Inbox).value_or(0);
    }
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

// The messages of one APPEND.
struct AppendCall : Gathering::Call {
  AppendCall(Core& of, MailboxId where, std::vector<NewMessage> what)
      : Call(&of), core(of), to(where), messages(std::move(what)) {}
  void commit(Gathering::Calls calls) override;
  bool is_small() const;
  void insert(Core& by, Change& change);
  void sync();
  void hand_over();

  Core& core;
  const MailboxId to;
  std::vector<NewMessage> messages;
  std::vector<EmailId> emails;  // of these
  std::variant<std::vector<Appended>, NotAppended> answer;
};

bool AppendCall::is_small() const {
  return messages.size() == 1 && messages.front().length <= kSyncedInside;
}

void AppendCall::insert(Core& by, Change& change) {
  std::int64_t size = 0;
  for (const NewMessage& message : messages) size += message.digested.size;
  const auto count = static_cast<std::int64_t>(messages.size());
  if (!exists(by.mail, to)) {
    answer = NotAppended::NoMailbox;
    return;
  }
  if (!fits(by, change.account(), size, count)) {
    answer = NotAppended::OverQuota;
    return;
  }
  auto& appended = answer.emplace<std::vector<Appended>>();
  for (const NewMessage& message : messages) {
    const Entry entry = insert_email(
        by, change,
        {message.draft.file, message.length, {}, message.internal_date,
         message.flags, message.keywords, message.digested});
    const Uid uid = change.insert_entry(to, entry);
    appended.push_back({change.mailbox(to).uidvalidity, uid});
    emails.push_back(entry.email);
  }
}

void AppendCall::sync() {
  for (NewMessage& message : messages) message.draft.sync();
}

void AppendCall::hand_over() {
  for (NewMessage& message : messages) message.draft.hand_over();
}

// Those of several sessions: all by our connection, in one transaction.  When
// the commit fails, nobody knows whether the rows are there: the files stay.
void AppendCall::commit(Gathering::Calls calls) {
  Change change(core);
  std::vector<AppendCall*> inserted;
  for (Gathering::Call* one : calls) {
    auto& call = static_cast<AppendCall&>(*one);
    call.insert(core, change);
    if (!call.emails.empty()) inserted.push_back(&call);
  }
  if (inserted.empty()) return;
  for (AppendCall* call : inserted) call->sync();
  for (AppendCall* call : inserted) call->hand_over();
  change.commit();
}

}  // namespace

bool fits(const Core& core, const AccountRow& account, std::int64_t size,
          std::int64_t emails) {
  const std::int64_t limit = limit_of(core, account);
  return (limit == 0 || account.bytes + size <= limit) &&
         (account.limit_emails == 0 ||
          account.emails + emails <= account.limit_emails);
}

Entry insert_email(Core& core, Change& change, const NewEmail& message) {
  const Digested& digested = message.digested;
  Entry entry;
  entry.email = change.account().next_email++;
  entry.thread = place_in_thread(core.mail, change, digested.thread_keys);
  entry.flags = message.flags;
  entry.keywords =
      message.keywords.empty() ? 0 : core.keywords.intern(message.keywords);
  entry.size = digested.size;
  entry.internal_date = message.internal_date;
  core.mail
      .statement(
          "INSERT INTO email(id, file, length, prefix, thread, size, "
          "internal_date, sent_date, subject, sender, recipient, "
          "has_attachment, flags, keywords, created, modseq) "
          "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
          "?14, ?15, ?15)")
      .run(entry.email, message.file, message.length, db::Blob{message.prefix},
           entry.thread, entry.size, entry.internal_date, digested.sent_date,
           digested.subject, digested.from, digested.to,
           int{digested.has_attachment}, entry.flags & ~kDeleted,
           entry.keywords, change.modseq());
  change.account().bytes += digested.size;
  ++change.account().emails;
  return entry;
}

std::string message_file_name(std::string_view name) {
  require(name.size() > 4 && name.find('/') == name.npos,
          "a message file has a long name");
  return std::string(name.substr(0, 4)) + "/" + std::string(name);
}

std::variant<std::vector<Appended>, NotAppended> Connection::append(
    MailboxId to, std::vector<NewMessage> messages) {
  mail_.end_view();  // a reader keeps the log from being begun again
  AppendCall call(core_, to, std::move(messages));
  if (!call.is_small() || !core_.gathering.is_calm()) call.sync();
  core_.gathering.run(call);
  for (std::size_t i = 0; i < call.emails.size(); ++i) {
    NewMessage& message = call.messages[i];
    core_.cache.write_soon({call.emails[i], cache_tag(message.draft.file, {}),
                            std::move(message.digested.cached)});
  }
  mail_.checkpoint_above(kOwnerPages);
  return std::move(call.answer);
}

std::vector<bool> Connection::are_delivered(
    std::span<const std::string_view> spool_ids) {
  const db::Snapshot snapshot(mail_);
  std::vector<bool> answers;
  for (const auto id : spool_ids) answers.push_back(has_delivered(id));
  return answers;
}

bool Connection::has_delivered(std::string_view spool_id) {
  auto& query = mail_.statement(queries::kDeliveredAny);
  query.bind(spool_id);
  const bool found = query.step();
  query.reset();
  return found;
}

std::vector<Delivered> Connection::deliver(std::span<const Arrival> batch) {
  std::vector<Delivered> answers;
  std::vector<Cache::Row> rows;
  Change change(core_);
  auto& remember = mail_.statement(
      "INSERT INTO delivered(spool_id, mailbox, time) VALUES(?, ?, ?)");
  for (const Arrival& arrival : batch) {
    if (has_delivered(arrival.spool_id)) {
      answers.push_back(Delivered::Already);
      continue;
    }
    if (!fits(core_, change.account(), arrival.digested.size)) {
      answers.push_back(Delivered::OverQuota);
      continue;
    }
    const Entry entry = insert_email(
        core_, change,
        {arrival.file, arrival.length, arrival.prefix, arrival.internal_date,
         arrival.flags, arrival.keywords, arrival.digested});
    for (const MailboxId mailbox : targets(mail_, arrival)) {
      change.insert_entry(mailbox, entry);
      remember.run(arrival.spool_id, mailbox, change.now());
    }
    rows.push_back({entry.email, cache_tag(arrival.file, arrival.prefix),
                    &arrival.digested.cached});
    answers.push_back(Delivered::Done);
  }
  if (rows.empty()) return answers;
  core_.cache.write(rows);
  change.commit();
  mail_.checkpoint_above(kOwnerPages);
  return answers;
}

}  // namespace mail::store
