// Connection's mailboxes: making, removing, renaming, subscriptions.
#include <algorithm>

#include "base/ascii.h"
#include "base/fault.h"
#include "store/annotation_rows.h"
#include "store/connection.h"
#include "store/mailbox_rows.h"

namespace mail::store {
namespace {

bool is_inside(std::string_view path, std::string_view parent) {
  return path.size() > parent.size() && path.starts_with(parent) &&
         path[parent.size()] == '/';
}

std::int64_t count_mailboxes(db::Database& mail) {
  auto& query = mail.statement("SELECT count(*) FROM mailbox");
  query.bind();
  query.step();
  const std::int64_t count = query.integer(0);
  query.reset();
  return count;
}

// What a rename would do to the names below.
bool names_stay_short(const std::vector<Mailbox>& boxes, std::string_view from,
                      std::string_view to) {
  return std::ranges::all_of(boxes, [&](const Mailbox& box) {
    if (!is_inside(box.name, from)) return true;
    const std::string name = std::string(to) + box.name.substr(from.size());
    return name.size() <= kLongestName && split(name, '/').size() <= kDeepest;
  });
}

std::optional<Mailbox> if_selectable(std::optional<Mailbox> box) {
  if (box && !box->selectable) box.reset();
  return box;
}

}  // namespace

std::vector<Mailbox> Connection::mailboxes() {
  const db::Snapshot snapshot(mail_);
  return load_mailboxes(mail_);
}

std::optional<Mailbox> Connection::named(std::string_view name) {
  const auto path = mailbox_name(name);
  if (!path) return {};
  const db::Snapshot snapshot(mail_);
  const auto found = find_mailbox(mail_, *path);
  if (!found) return {};
  return load_mailbox(mail_, *found);
}

std::optional<Mailbox> Connection::mailbox(std::string_view name) {
  return if_selectable(named(name));
}

std::optional<Mailbox> Connection::mailbox(MailboxId id) {
  const db::Snapshot snapshot(mail_);
  return if_selectable(load_mailbox(mail_, id));
}

std::optional<Mailbox> Connection::mailbox(Role role) {
  const db::Snapshot snapshot(mail_);
  const auto found = mailbox_of_role(mail_, role);
  if (!found) return {};
  return load_mailbox(mail_, *found);
}

std::pair<MailboxId, std::string> Connection::place(Change& change,
                                                    std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == path.npos) return {0, std::string(path)};
  const auto parent = path.substr(0, slash);
  const std::string last(path.substr(slash + 1));
  if (const auto found = find_mailbox(mail_, parent)) return {*found, last};
  const auto [above, name] = place(change, parent);
  const MailboxId id = change.account().next_mailbox++;
  insert_mailbox(mail_, {id, above, name, Role::None, change.next_uidvalidity(),
                         change.modseq()});
  return {id, last};
}

Result<Mailbox> Connection::create_mailbox(std::string_view name, Role role) {
  const auto path = new_mailbox_name(name);
  if (!path) return refuse(path.error().why);
  Change change(core_);
  const auto found = find_mailbox(mail_, *path);
  if (found && load_mailbox(mail_, *found)->selectable) {
    return refuse("the mailbox exists");
  }
  if (count_mailboxes(mail_) >= kMostMailboxes) {
    return refuse("there are too many mailboxes");
  }
  // RFC 6154 section 3: a use is for one mailbox.
  if (role != Role::None && mailbox_of_role(mail_, role)) {
    return refuse("another mailbox has that use");
  }
  const auto [parent, last] = place(change, *path);
  const MailboxId id = found ? *found : change.account().next_mailbox++;
  const NewMailbox made{
      id, parent, last, role, change.next_uidvalidity(), change.modseq()};
  found ? fill_name(mail_, made) : insert_mailbox(mail_, made);
  change.commit();
  return *load_mailbox(mail_, id);
}

Result<void> Connection::delete_mailbox(MailboxId id) {
  Change change(core_);
  const auto box = load_mailbox(mail_, id);
  if (!box) return refuse("no such mailbox");
  if (box->role == Role::Inbox) return refuse("INBOX cannot be deleted");
  if (box->has_children && !box->selectable) {
    return refuse("there are mailboxes below it");
  }
  drop_messages(change, id);
  drop_annotations(mail_, id);
  if (box->has_children) {
    leave_name(mail_, id,
               {change.account().next_mailbox++,
                0,
                {},
                Role::None,
                change.next_uidvalidity(),
                change.modseq()});
  } else {
    mail_.statement("DELETE FROM mailbox WHERE id = ?").run(id);
  }
  change.commit();
  return {};
}

void Connection::drop_messages(Change& change, MailboxId id) {
  auto& gone = mail_.statement(
      "INSERT INTO departed(email, size, time) SELECT email, size, ?2 "
      "FROM entry AS this WHERE mailbox = ?1 AND NOT EXISTS("
      "SELECT 1 FROM entry INDEXED BY entry_email "
      "WHERE entry.email = this.email AND entry.mailbox <> ?1) "
      "RETURNING size");
  gone.bind(id, change.now());
  while (gone.step()) change.depart(gone.integer(0));
  mail_.statement("DELETE FROM entry WHERE mailbox = ?").run(id);
  mail_.statement("DELETE FROM expunged WHERE mailbox = ?").run(id);
  mail_.statement("DELETE FROM vanished WHERE mailbox = ?").run(id);
}

Result<void> Connection::rename_mailbox(MailboxId id, std::string_view to) {
  const auto path = new_mailbox_name(to);
  if (!path) return refuse(path.error().why);
  Change change(core_);
  const auto box = load_mailbox(mail_, id);
  if (!box) return refuse("no such mailbox");
  if (find_mailbox(mail_, *path)) return refuse("the mailbox exists");
  if (box->role == Role::Inbox) {
    // RFC 3501 6.3.5: the messages move, INBOX and its children stay.
    const auto [parent, last] = place(change, *path);
    const MailboxId target = change.account().next_mailbox++;
    insert_mailbox(mail_, {target, parent, last, Role::None,
                           change.next_uidvalidity(), change.modseq()});
    Copied copied;
    move_entries(change, id, entries(id, {{1, UINT32_MAX}}), target, copied);
    copy_annotations(mail_, change, id, target);  // RFC 5464 4.1
    change.commit();
    return {};
  }
  if (is_inside(*path, box->name)) {
    return refuse("a mailbox cannot become its own child");
  }
  if (!names_stay_short(load_mailboxes(mail_), box->name, *path)) {
    return refuse("the names below become too long");
  }
  const auto [parent, last] = place(change, *path);
  mail_
      .statement(
          "UPDATE mailbox SET parent = ?2, name = ?3, modseq = ?4 "
          "WHERE id = ?1")
      .run(id, parent, last, change.modseq());
  change.commit();
  return {};
}

void Connection::subscribe(std::string_view name) {
  const auto path = mailbox_name(name);
  if (!path) return;  // no mailbox can ever have that name
  Change change(core_);
  mail_.statement("INSERT OR IGNORE INTO subscription(name) VALUES(?)")
      .run(*path);
  if (mail_.changed_rows() > 0) change.commit();
}

void Connection::unsubscribe(std::string_view name) {
  const auto path = mailbox_name(name);
  if (!path) return;
  Change change(core_);
  mail_.statement("DELETE FROM subscription WHERE name = ?").run(*path);
  if (mail_.changed_rows() > 0) change.commit();
}

std::vector<std::string> Connection::subscriptions() {
  auto& query = mail_.statement("SELECT name FROM subscription ORDER BY name");
  query.bind();
  std::vector<std::string> names;
  while (query.step()) names.emplace_back(query.text(0));
  return names;
}

// \Recent is not a flag that others are told of: no new modseq.  Nothing is
// synced: after a power cut messages may be recent once more.  They may as well
// when nothing can be written, so that a full disk keeps nobody from reading
// (RFC 3501 2.3.2: who cannot tell takes them for recent).
Uid Connection::take_recent(MailboxId id, Uid below) {
  const Uid from = recent_from(id, below);
  if (from == below) return below;
  try {
    return claim_recent(id, below);
  } catch (const Fault&) {
    return from;
  }
}

Uid Connection::recent_from(MailboxId id, Uid below) {
  auto& row = mail_.statement("SELECT recent_from FROM mailbox WHERE id = ?");
  row.bind(id);
  if (!row.step()) return below;
  const auto from = static_cast<Uid>(row.integer(0));
  row.reset();
  return std::min(from, below);
}

Uid Connection::claim_recent(MailboxId id, Uid below) {
  const db::Unsynced unsynced(mail_);
  Change change(core_);
  const Uid from = recent_from(id, below);  // others may have been faster
  if (from == below) return below;
  mail_.statement("UPDATE mailbox SET recent_from = ?2 WHERE id = ?1")
      .run(id, below);
  change.commit_quietly();
  return from;
}

}  // namespace mail::store
