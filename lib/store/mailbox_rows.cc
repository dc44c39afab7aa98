#include "store/mailbox_rows.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/ascii.h"
#include "base/text.h"

namespace mail::store {
namespace {

constexpr std::string_view kInbox = "INBOX";

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

Result<std::string> level_name(std::string_view level) {
  if (level.empty()) return refuse("a level of the name is empty");
  if (level.size() > kLongestLevel) return refuse("the name is too long");
  return std::string(level);
}

// Everything of the row; the name is one level.
Mailbox read_row(const db::Statement& row) {
  Mailbox box;
  box.id = row.integer(0);
  box.name = row.text(2);
  box.role = static_cast<Role>(row.integer(3));
  box.uidvalidity = static_cast<std::uint32_t>(row.integer(4));
  box.uidnext = static_cast<Uid>(row.integer(5));
  box.recent_from = static_cast<Uid>(row.integer(6));
  box.highestmodseq = row.integer(7);
  box.vanished_floor = row.integer(8);
  box.view_floor = row.integer(9);
  box.messages = row.integer(10);
  box.unseen = row.integer(11);
  box.deleted = row.integer(12);
  box.bytes = row.integer(13);
  box.selectable = row.integer(14) != 0;
  return box;
}

bool has_children(db::Database& mail, MailboxId id) {
  auto& query = mail.statement(
      "SELECT 1 FROM mailbox INDEXED BY mailbox_name WHERE parent = ? LIMIT 1");
  query.bind(id);
  const bool found = query.step();
  query.reset();
  return found;
}

bool is_subscribed(db::Database& mail, std::string_view path) {
  auto& query = mail.statement("SELECT 1 FROM subscription WHERE name = ?");
  query.bind(path);
  const bool found = query.step();
  query.reset();
  return found;
}

// The row as of a mailbox just made.
void write_new(db::Database& mail, const NewMailbox& box) {
  mail.statement(
          "UPDATE mailbox SET role = ?2, uidvalidity = ?3, uidnext = 1, "
          "recent_from = 1, highestmodseq = ?4, created = ?4, modseq = ?4, "
          "vanished_floor = ?4, view_floor = ?4, messages = 0, unseen = 0, "
          "deleted = 0, bytes = 0 WHERE id = ?1")
      .run(box.id, static_cast<int>(box.role), box.uidvalidity, box.modseq);
}

}  // namespace

Result<std::string> mailbox_name(std::string_view name) {
  if (!is_utf8(name)) return refuse("the name is not UTF-8");
  if (std::ranges::any_of(name, is_control)) {
    return refuse("the name has control characters");
  }
  // RFC 3501 5.1: wildcards in a name cannot be listed.
  if (name.find_first_of("%*") != name.npos) {
    return refuse("the name has wildcards in it");
  }
  const std::string normal = nfc(name);
  if (normal.size() > kLongestName) return refuse("the name is too long");
  std::string path;
  const auto levels = split(normal, '/');
  if (levels.size() > kDeepest) return refuse("the name has too many levels");
  for (const auto level : levels) {
    auto one = level_name(level);
    if (!one) return one;
    // RFC 3501 5.1: INBOX is special whatever its case, at the root.
    if (path.empty() && same_text(*one, kInbox)) *one = kInbox;
    if (!path.empty()) path += '/';
    path += *one;
  }
  return path;
}

Result<std::string> new_mailbox_name(std::string_view name) {
  auto path = mailbox_name(name);
  if (!path) return path;
  for (const auto level : split(*path, '/')) {
    if (level == "." || level == "..") {
      return refuse("a level of the name is a dot or two");
    }
  }
  return path;
}

std::optional<MailboxId> find_mailbox(db::Database& mail,
                                      std::string_view path) {
  auto& query = mail.statement(
      "SELECT id FROM mailbox INDEXED BY mailbox_name "
      "WHERE parent = ? AND name = ?");
  MailboxId id = 0;
  for (const auto level : split(path, '/')) {
    query.bind(id, level);
    if (!query.step()) return {};
    id = query.integer(0);
    query.reset();
  }
  return id;
}

std::string mailbox_path(db::Database& mail, MailboxId id) {
  auto& query = mail.statement("SELECT parent, name FROM mailbox WHERE id = ?");
  std::string path;
  for (std::size_t level = 0; id != 0 && level < 4 * kDeepest; ++level) {
    query.bind(id);
    if (!query.step()) break;
    path = std::string(query.text(1)) + (path.empty() ? "" : "/") + path;
    id = query.integer(0);
    query.reset();
  }
  return path;
}

std::optional<Mailbox> load_mailbox(db::Database& mail, MailboxId id) {
  auto& row = mail.statement(
      "SELECT id, parent, name, role, uidvalidity, uidnext, recent_from, "
      "highestmodseq, vanished_floor, view_floor, messages, unseen, deleted, "
      "bytes, selectable FROM mailbox WHERE id = ?");
  row.bind(id);
  if (!row.step()) return {};
  Mailbox box = read_row(row);
  const MailboxId parent = row.integer(1);
  row.reset();
  if (parent != 0) box.name = mailbox_path(mail, id);
  box.has_children = has_children(mail, id);
  box.subscribed = is_subscribed(mail, box.name);
  return box;
}

std::vector<Mailbox> load_mailboxes(db::Database& mail) {
  std::set<std::string, std::less<>> subscribed;
  auto& names = mail.statement("SELECT name FROM subscription");
  names.bind();
  while (names.step()) subscribed.emplace(names.text(0));

  std::map<MailboxId, Mailbox> boxes;
  std::map<MailboxId, MailboxId> parents;
  std::set<MailboxId> with_children;
  auto& row = mail.statement(
      "SELECT id, parent, name, role, uidvalidity, uidnext, recent_from, "
      "highestmodseq, vanished_floor, view_floor, messages, unseen, deleted, "
      "bytes, selectable FROM mailbox");
  row.bind();
  while (row.step()) {
    parents[row.integer(0)] = row.integer(1);
    with_children.insert(row.integer(1));
    boxes.emplace(row.integer(0), read_row(row));
  }
  std::vector<Mailbox> all;
  for (const auto& [id, box] : boxes) {
    Mailbox full = box;
    MailboxId up = parents[id];
    for (std::size_t level = 0; up != 0 && level < 4 * kDeepest; ++level) {
      full.name = boxes[up].name + "/" + full.name;
      up = parents[up];
    }
    full.has_children = with_children.contains(id);
    full.subscribed = subscribed.contains(full.name);
    all.push_back(std::move(full));
  }
  std::ranges::sort(all, {}, &Mailbox::name);
  return all;
}

std::optional<MailboxId> mailbox_of_role(db::Database& mail, Role role) {
  auto& query = mail.statement(
      "SELECT id FROM mailbox INDEXED BY mailbox_role "
      "WHERE role = ? AND role > 0 LIMIT 1");
  query.bind(static_cast<int>(role));
  if (!query.step()) return {};
  const MailboxId id = query.integer(0);
  query.reset();
  return id;
}

void insert_mailbox(db::Database& mail, const NewMailbox& box) {
  mail.statement(
          "INSERT INTO mailbox(id, parent, name, role, uidvalidity, uidnext, "
          "recent_from, highestmodseq, created, modseq, vanished_floor, "
          "view_floor, messages, unseen, deleted, bytes) "
          "VALUES(?1, ?2, ?3, ?4, ?5, 1, 1, ?6, ?6, ?6, ?6, 0, 0, 0, 0, 0)")
      .run(box.id, box.parent, box.name, static_cast<int>(box.role),
           box.uidvalidity, box.modseq);
}

// The ids of mailboxes are those of sessions that have them selected: a name
// gets one of its own, and the mailbox is gone for all.
void leave_name(db::Database& mail, MailboxId from, const NewMailbox& to) {
  mail.statement("UPDATE mailbox SET id = ?2, selectable = 0 WHERE id = ?1")
      .run(from, to.id);
  write_new(mail, to);
  mail.statement(
          "UPDATE mailbox SET parent = ?2, modseq = ?3 WHERE parent = ?1")
      .run(from, to.id, to.modseq);
}

void fill_name(db::Database& mail, const NewMailbox& box) {
  mail.statement("UPDATE mailbox SET selectable = 1 WHERE id = ?").run(box.id);
  write_new(mail, box);
}

}  // namespace mail::store
