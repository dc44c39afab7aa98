// Connection's annotations, and the roles that travel as one (RFC 6154 4).
#include <algorithm>
#include <tuple>

#include "base/fault.h"
#include "store/annotation_rows.h"
#include "store/connection.h"
#include "store/mailbox_rows.h"

namespace mail::store {
namespace {

// Bounded: each row is small, and they are few.
bool are_few(db::Database& mail, MailboxId mailbox) {
  auto& count =
      mail.statement("SELECT count(*) FROM annotation WHERE mailbox = ?");
  count.bind(mailbox);
  count.step();
  const bool few = count.integer(0) <= kMostAnnotations;
  count.reset();
  auto& size = mail.statement(
      "SELECT coalesce(sum(length(name) + length(value)), 0) "
      "FROM annotation");
  size.bind();
  size.step();
  const bool small = size.integer(0) <= kMostAnnotationBytes;
  size.reset();
  return few && small;
}

// False when another mailbox has it, or it is INBOX that would change.
bool give_role(db::Database& mail, const Mailbox& box, Role role,
               Modseq modseq) {
  if (box.role == role) return true;
  if (box.role == Role::Inbox) return false;
  if (role != Role::None && mailbox_of_role(mail, role)) return false;
  mail.statement("UPDATE mailbox SET role = ?2, modseq = ?3 WHERE id = ?1")
      .run(box.id, static_cast<int>(role), modseq);
  return true;
}

void record(db::Database& mail, const Change& change, MailboxId mailbox,
            std::string_view name) {
  mail.statement(
          "INSERT INTO annotated(mailbox, name, modseq, time) "
          "VALUES(?1, ?2, ?3, ?4) ON CONFLICT(mailbox, name) "
          "DO UPDATE SET modseq = excluded.modseq, time = excluded.time")
      .run(mailbox, name, change.modseq(), change.now());
}

void write(db::Database& mail, MailboxId mailbox, const AnnotationChange& one) {
  if (!one.value) {
    mail.statement("DELETE FROM annotation WHERE mailbox = ? AND name = ?")
        .run(mailbox, one.name);
    return;
  }
  mail.statement(
          "INSERT INTO annotation(mailbox, name, value) VALUES(?, ?, ?) "
          "ON CONFLICT(mailbox, name) DO UPDATE SET value = excluded.value")
      .run(mailbox, one.name, db::Blob{*one.value});
}

}  // namespace

void copy_annotations(db::Database& mail, const Change& change, MailboxId from,
                      MailboxId to) {
  mail.statement(
          "INSERT INTO annotation(mailbox, name, value) "
          "SELECT ?2, name, value FROM annotation WHERE mailbox = ?1")
      .run(from, to);
  mail.statement(
          "INSERT INTO annotated(mailbox, name, modseq, time) "
          "SELECT ?2, name, ?3, ?4 FROM annotation WHERE mailbox = ?1")
      .run(from, to, change.modseq(), change.now());
}

void drop_annotations(db::Database& mail, MailboxId mailbox) {
  mail.statement("DELETE FROM annotation WHERE mailbox = ?").run(mailbox);
  mail.statement("DELETE FROM annotated WHERE mailbox = ?").run(mailbox);
}

std::vector<Annotation> Connection::annotations(MailboxId mailbox) {
  auto& rows = mail_.statement(
      "SELECT name, value FROM annotation WHERE mailbox = ? ORDER BY name");
  rows.bind(mailbox);
  std::vector<Annotation> out;
  while (rows.step()) {
    out.push_back({std::string(rows.text(0)), std::string(rows.blob(1))});
  }
  return out;
}

std::variant<Modseq, NotAnnotated> Connection::annotate(
    MailboxId mailbox, std::span<const AnnotationChange> changes,
    std::optional<Role> role) {
  Change change(core_);
  if (mailbox != 0) {
    const auto box = load_mailbox(mail_, mailbox);
    if (!box) throw Fault("the mailbox is gone");
    if (role &&
        (!box->selectable || !give_role(mail_, *box, *role, change.modseq()))) {
      return NotAnnotated::RoleTaken;
    }
    if (role) record(mail_, change, mailbox, kRoleAnnotation);
    change.mailbox(mailbox);  // RFC 7162 3.2: its modseq goes up
  }
  for (const AnnotationChange& one : changes) {
    write(mail_, mailbox, one);
    record(mail_, change, mailbox, one.name);
  }
  if (!are_few(mail_, mailbox)) return NotAnnotated::TooMany;
  const Modseq modseq = change.modseq();
  change.commit();
  return modseq;
}

std::vector<AnnotatedName> Connection::annotated_since(Modseq since) {
  auto& rows = mail_.statement(
      "SELECT mailbox, name, modseq FROM annotated INDEXED BY annotated_modseq "
      "WHERE modseq > ?");
  rows.bind(since);
  std::vector<AnnotatedName> out;
  while (rows.step()) {
    out.push_back(
        {rows.integer(0), std::string(rows.text(1)), rows.integer(2)});
  }
  std::ranges::sort(out, [](const AnnotatedName& a, const AnnotatedName& b) {
    return std::tie(a.mailbox, a.modseq, a.name) <
           std::tie(b.mailbox, b.modseq, b.name);
  });
  return out;
}

}  // namespace mail::store
