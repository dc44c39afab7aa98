// Cache: cache.db, the rows of which are ready to send.
//
// Opened when used.  A row that is missing, of another version or of another
// message is made again; a damaged file is thrown away.  Nothing in here is
// needed for the mail to be safe, so nothing is synced.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"
#include "store/account.h"

namespace mail::store {

// Ties a row to a message: what the email's file and prefix are.
std::int64_t cache_tag(std::string_view file, std::string_view prefix);

// What is made of all messages of a mailbox and kept.
enum class Made {
  Uids = 0,
  References = 1,
  Order = 16,  // and behind it, one for each SortKey
};

class Cache {
 public:
  struct Row {
    EmailId email = 0;
    std::int64_t tag = 0;
    const Cached* cached = nullptr;
  };
  struct OwnRow {
    EmailId email = 0;
    std::int64_t tag = 0;
    Cached cached;
  };

  Cache(const std::string& folder, int cache_kilobytes);
  ~Cache();

  // Nothing: make it again.  A header too long to be kept is not in it, and
  // `header_missing` when it was wanted.
  struct Found {
    Cached cached;
    bool header_missing = false;
  };
  std::optional<Found> find(EmailId email, std::int64_t tag,
                            CachedFields wanted);

  void write(std::span<const Row> rows);
  // A moment later, many at once; until then find() sees them here alone.  As
  // good as it can.
  void write_soon(OwnRow row);
  void remove(std::span<const EmailId> emails);

  // As it was when the mailbox had this uidnext and modseq.
  struct Kept {
    std::uint32_t uidvalidity = 0;
    Uid uidnext = 1;
    Modseq modseq = 0;
    std::string content;
  };
  std::optional<Kept> kept(MailboxId mailbox, Made what);
  // As good as it can: a full disk keeps nobody from reading mail.
  void keep(MailboxId mailbox, Made what, const Kept& made);
  // What was made of mailboxes that are not among these.
  void forget_others(std::span<const MailboxId> mailboxes);

  // All that is read between the two is of one moment.
  void begin_view() noexcept;
  void end_view() noexcept;

  // For tools that hold the account alone.
  static void discard(const std::string& folder) noexcept;

 private:
  db::Database& open();
  void write_pending() noexcept;
  std::optional<Found> find_pending(EmailId email, std::int64_t tag,
                                    CachedFields wanted) const;

  std::string folder_;
  int cache_kilobytes_;
  std::optional<db::Database> db_;
  bool viewing_ = false;
  std::vector<OwnRow> pending_;
  std::size_t pending_octets_ = 0;
};

}  // namespace mail::store
