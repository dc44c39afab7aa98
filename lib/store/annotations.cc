// Connection's annotations, and the roles that travel as one (RFC 6154 4).
#include "base/fault.h"
#include "store/annotation_rows.h"
#include "store/connection.h"
#include "store/mailbox_rows.h"

namespace mail::store {
namespace {

// Nothing more than that: no session is told, and each row is small.
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

}  // namespace

void copy_annotations(db::Database& mail, MailboxId from, MailboxId to) {
  mail.statement(
          "INSERT INTO annotation(mailbox, name, value) "
          "SELECT ?2, name, value FROM annotation WHERE mailbox = ?1")
      .run(from, to);
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

Annotated Connection::annotate(MailboxId mailbox,
                               std::span<const AnnotationChange> changes,
                               std::optional<Role> role) {
  Change change(core_);
  if (mailbox != 0) {
    const auto box = load_mailbox(mail_, mailbox);
    if (!box) throw Fault("the mailbox is gone");
    if (role && !give_role(mail_, *box, *role, change.modseq())) {
      return Annotated::RoleTaken;
    }
  }
  for (const AnnotationChange& one : changes) {
    if (!one.value) {
      mail_.statement("DELETE FROM annotation WHERE mailbox = ? AND name = ?")
          .run(mailbox, one.name);
      continue;
    }
    mail_
        .statement(
            "INSERT INTO annotation(mailbox, name, value) VALUES(?, ?, ?) "
            "ON CONFLICT(mailbox, name) DO UPDATE SET value = excluded.value")
        .run(mailbox, one.name, db::Blob{*one.value});
  }
  if (!are_few(mail_, mailbox)) return Annotated::TooMany;
  change.commit();
  return Annotated::Done;
}

}  // namespace mail::store
