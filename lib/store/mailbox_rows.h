// Mailbox rows: the tree of mailboxes by names and by parents.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "db/database.h"
#include "store/types.h"

namespace mail::store {

inline constexpr std::size_t kLongestName = 1'000;  // the whole path
inline constexpr std::size_t kLongestLevel = 255;
inline constexpr std::size_t kDeepest = 20;
inline constexpr std::int64_t kMostMailboxes = 10'000;

// A name as it is kept: NFC, "INBOX" in capitals; or what is wrong with it.
Result<std::string> mailbox_name(std::string_view name);

// The same for a mailbox to be made, which may not be called "." or "..":
// programs that keep mailboxes as folders take that for an attack, and
// synchronise nothing at all.
Result<std::string> new_mailbox_name(std::string_view name);

// The id at the end of a canonical path.
std::optional<MailboxId> find_mailbox(db::Database& mail,
                                      std::string_view path);

std::string mailbox_path(db::Database& mail, MailboxId id);
std::optional<Mailbox> load_mailbox(db::Database& mail, MailboxId id);
std::vector<Mailbox> load_mailboxes(db::Database& mail);
std::optional<MailboxId> mailbox_of_role(db::Database& mail, Role role);

struct NewMailbox {
  MailboxId id = 0;
  MailboxId parent = 0;
  std::string_view name;  // one level
  Role role = Role::None;
  std::uint32_t uidvalidity = 0;
  Modseq modseq = 0;
};
void insert_mailbox(db::Database& mail, const NewMailbox& mailbox);

// An empty mailbox's row becomes that of its name alone, under another id.
void leave_name(db::Database& mail, MailboxId from, const NewMailbox& to);
// The row of a name becomes a mailbox.
void fill_name(db::Database& mail, const NewMailbox& mailbox);

}  // namespace mail::store
