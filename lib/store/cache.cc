#include "store/cache.h"

#include <algorithm>
#include <cstring>
#include <exception>

#include "base/digest.h"
#include "base/fault.h"
#include "store/cache_queries.h"
#include "store/schema.h"

namespace mail::store {
namespace {

// Raised when what is kept in a row changes its meaning.
constexpr int kVersion = 4;
constexpr int kMadeVersion = 2;

// Longer headers are read from the message.
constexpr std::size_t kLongestHeader = 16 << 10;

// Rows that wait to be written together, and octets in them.
constexpr std::size_t kMostPending = 64;
constexpr std::size_t kMostPendingOctets = 256 << 10;

// Throws a damaged file away when a Fault passes through, so that the next
// try begins anew.  Others that have it open keep what they see until they
// close it.
struct Discard {
  const std::string& folder;
  std::optional<db::Database>& db;
  bool damaged = false;
  int faults = std::uncaught_exceptions();

  ~Discard() {
    if (std::uncaught_exceptions() == faults) return;
    if (!damaged && !(!db && db::is_damaged(folder + "/cache.db"))) return;
    db.reset();
    Cache::discard(folder);
  }
};

// Asks before the transaction is rolled back: that forgets the error.
struct Notice {
  Discard& discard;
  ~Notice() { discard.damaged = discard.db->met_damage(); }
};

// What is asked for most has a statement of its own: a CASE copies.
std::string_view query_for(CachedFields wanted) {
  switch (wanted) {
    case kEnvelope | kBodystructure:
      return queries::kCachedStructure;
    case kHeader:
      return queries::kCachedHeader;
    case kParts:
      return queries::kCachedParts;
    default:
      return queries::kCached;
  }
}

std::size_t octets_of(const Cached& cached) {
  return cached.envelope.size() + cached.bodystructure.size() +
         cached.body.size() + cached.preview.size() + cached.parts.size() +
         cached.header.size();
}

std::optional<db::Blob> kept_header(const std::string& header) {
  if (header.size() > kLongestHeader) return {};
  return db::Blob{header};
}

}  // namespace

std::int64_t cache_tag(std::string_view file, std::string_view prefix) {
  const std::string digest =
      blake2b(std::string(file) + '\0' + std::string(prefix), 16);
  std::int64_t tag = 0;
  std::memcpy(&tag, digest.data(), sizeof tag);
  return tag;
}

Cache::Cache(const std::string& folder, int cache_kilobytes)
    : folder_(folder), cache_kilobytes_(cache_kilobytes) {}

Cache::~Cache() { write_pending(); }

void Cache::discard(const std::string& folder) noexcept {
  db::discard(folder + "/cache.db");
}

// One whose tables could not be made, on a full disk, is not kept open.
db::Database& Cache::open() {
  if (!db_) {
    db::Database db(folder_ + "/cache.db", db::Mode::Write, db::Sync::Off);
    db.limit_cache(cache_kilobytes_);
    db.migrate(cache_steps());
    db_.emplace(std::move(db));
  }
  return *db_;
}

void Cache::begin_view() noexcept { viewing_ = true; }

void Cache::end_view() noexcept {
  viewing_ = false;
  if (db_) db_->end_view();
}

std::optional<Cache::Found> Cache::find(EmailId email, std::int64_t tag,
                                        CachedFields wanted) {
  if (auto pending = find_pending(email, tag, wanted)) return pending;
  Discard discard{folder_, db_};
  const std::string_view query = query_for(wanted);
  auto& row = open().statement(query);
  const Notice notice{discard};
  if (viewing_) db_->begin_view();
  if (query.data() == queries::kCached.data()) {
    row.bind(email, wanted);
  } else {
    row.bind(email);
  }
  std::optional<Found> found;
  if (row.step() && row.integer(0) == tag && row.integer(1) == kVersion) {
    found.emplace();
    Cached& cached = found->cached;
    cached.envelope = row.blob(2);
    cached.bodystructure = row.blob(3);
    cached.body = row.blob(4);
    cached.preview = row.blob(5);
    cached.parts = row.blob(6);
    cached.header = row.blob(7);
    found->header_missing = (wanted & kHeader) && row.is_null(7);
  }
  row.reset();
  return found;
}

void Cache::write(std::span<const Row> rows) {
  if (rows.empty()) return;
  Discard discard{folder_, db_};
  db::Transaction change(open());
  const Notice notice{discard};
  auto& insert = db_->statement(
      "INSERT OR REPLACE INTO cached(email, tag, version, envelope, "
      "bodystructure, body, preview, parts, header) "
      "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const Row& row : rows) {
    const Cached& cached = *row.cached;
    insert.run(row.email, row.tag, kVersion, db::Blob{cached.envelope},
               db::Blob{cached.bodystructure}, db::Blob{cached.body},
               db::Blob{cached.preview}, db::Blob{cached.parts},
               kept_header(cached.header));
  }
  change.commit();
  db_->checkpoint_above(1'000);
}

std::optional<Cache::Found> Cache::find_pending(EmailId email,
                                                std::int64_t tag,
                                                CachedFields wanted) const {
  const auto row = std::ranges::find(pending_, email, &OwnRow::email);
  if (row == pending_.end() || row->tag != tag) return {};
  const bool kept = row->cached.header.size() <= kLongestHeader;
  return Found{row->cached, (wanted & kHeader) && !kept};
}

void Cache::write_soon(OwnRow row) {
  pending_octets_ += octets_of(row.cached);
  pending_.push_back(std::move(row));
  if (pending_.size() >= kMostPending ||
      pending_octets_ >= kMostPendingOctets) {
    write_pending();
  }
}

// What gets lost is made again when it is asked for.
void Cache::write_pending() noexcept {
  if (pending_.empty()) return;
  try {
    std::vector<Row> rows;
    for (const OwnRow& row : pending_) {
      rows.push_back({row.email, row.tag, &row.cached});
    }
    write(rows);
  } catch (const std::exception&) {
  }
  pending_.clear();
  pending_octets_ = 0;
}

void Cache::remove(std::span<const EmailId> emails) {
  if (emails.empty()) return;
  write_pending();
  Discard discard{folder_, db_};
  db::Transaction change(open());
  const Notice notice{discard};
  auto& remove = db_->statement("DELETE FROM cached WHERE email = ?");
  for (const EmailId email : emails) remove.run(email);
  change.commit();
}

std::optional<Cache::Kept> Cache::kept(MailboxId mailbox, Made what) {
  Discard discard{folder_, db_};
  auto& row = open().statement(
      "SELECT version, uidvalidity, uidnext, modseq, content FROM made "
      "INDEXED BY made_mailbox WHERE mailbox = ?1 AND what = ?2");
  const Notice notice{discard};
  row.bind(mailbox, static_cast<int>(what));
  std::optional<Kept> kept;
  if (row.step() && row.integer(0) == kMadeVersion) {
    kept = Kept{static_cast<std::uint32_t>(row.integer(1)),
                static_cast<Uid>(row.integer(2)), row.integer(3),
                std::string(row.blob(4))};
  }
  row.reset();
  return kept;
}

void Cache::keep(MailboxId mailbox, Made what, const Kept& made) {
  try {
    Discard discard{folder_, db_};
    db::Transaction change(open());
    const Notice notice{discard};
    db_->statement(
           "INSERT OR REPLACE INTO made(mailbox, what, version, uidvalidity, "
           "uidnext, modseq, content) VALUES(?, ?, ?, ?, ?, ?, ?)")
        .run(mailbox, static_cast<int>(what), kMadeVersion, made.uidvalidity,
             made.uidnext, made.modseq, db::Blob{made.content});
    change.commit();
    db_->checkpoint_above(1'000);
  } catch (const Fault&) {
    // It is made again when it is asked for again; whoever has to write meets
    // the same trouble and tells of it.
  }
}

void Cache::forget_others(std::span<const MailboxId> mailboxes) {
  Discard discard{folder_, db_};
  auto& rows = open().statement("SELECT DISTINCT mailbox FROM made");
  const Notice notice{discard};
  rows.bind();
  std::vector<MailboxId> gone;
  while (rows.step()) {
    if (std::ranges::find(mailboxes, rows.integer(0)) == mailboxes.end()) {
      gone.push_back(rows.integer(0));
    }
  }
  if (gone.empty()) return;
  db::Transaction change(*db_);
  auto& remove = db_->statement(
      "DELETE FROM made INDEXED BY made_mailbox WHERE mailbox = ?");
  for (const MailboxId mailbox : gone) remove.run(mailbox);
  change.commit();
}

}  // namespace mail::store
