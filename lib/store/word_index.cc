#include "store/word_index.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/clock.h"
#include "base/log.h"
#include "store/cache.h"
#include "store/schema.h"
#include "store/word_queries.h"
#include "store/word_search.h"
#include "store/word_trouble.h"
#include "store/words.h"

namespace mail::store {
namespace {

// Raised when other words come from the same messages.
constexpr int kVersion = 3;

constexpr int kMostEmails = 4'000;  // of a batch
constexpr Micros kBatchTime = kSecond / 2;
constexpr std::size_t kBatchMemory = 16 << 20;

// What was removed is gone from the words after this time, or earlier when
// it is one email in so many.
constexpr Micros kDeadStay = 7 * kDay;
constexpr std::int64_t kMostDead = 16;

constexpr int kLogPages = 1'000;
constexpr std::int64_t kLargestLog = 1 << 20;  // at rest
constexpr std::int64_t kFreePages = 64;
constexpr std::int64_t kFreeShare = 20;

constexpr Zone kAllZones[] = {Zone::Subject, Zone::From,   Zone::To,
                              Zone::Cc,      Zone::Header, Zone::Body};

std::span<const Zone> zones_of(const TextKey& key) {
  static_assert(std::size(kAllZones) == kZones);
  const std::span all(kAllZones);
  if (key.in == TextKey::In::Text) return all;
  const Zone zone =
      key.in == TextKey::In::Body ? Zone::Body : zone_of(key.field);
  return all.subspan(static_cast<std::size_t>(zone), 1);
}

// Of a field that shares its zone, the name is there too.
Query question(const TextKey& key) {
  Query query = query_of(key.text);
  if (key.in != TextKey::In::Field || zone_of(key.field) != Zone::Header) {
    return query;
  }
  query.exact = false;
  for (auto& word : whole_words(key.field)) {
    query.patterns.push_back(std::move(word));
  }
  return query;
}

void add_emails(std::vector<EmailId>& out, const Segment& segment,
                std::span<const std::uint32_t> numbers) {
  for (const std::uint32_t number : numbers) {
    out.push_back(segment.first + number);
  }
}

}  // namespace

Zone zone_of(std::string_view field) {
  if (field == "subject") return Zone::Subject;
  if (field == "from") return Zone::From;
  if (field == "to") return Zone::To;
  if (field == "cc") return Zone::Cc;
  return Zone::Header;
}

WordIndex::WordIndex(std::uint64_t account, const std::string& folder,
                     db::Database& mail, int cache_kilobytes)
    : account_(account),
      folder_(folder),
      mail_(mail),
      cache_kilobytes_(cache_kilobytes) {}

bool WordIndex::exists() const {
  struct stat about{};
  return ::stat((folder_ + "/search.db").c_str(), &about) == 0;
}

void WordIndex::discard(const std::string& folder) noexcept {
  db::discard(folder + "/search.db");
}

void WordIndex::discard() noexcept {
  db_.reset();
  discard(folder_);
}

// One whose tables could not be made, on a full disk, is not kept open.
db::Database& WordIndex::open() {
  if (!db_) {
    db::Database db(folder_ + "/search.db", db::Mode::Write, db::Sync::Normal);
    db.limit_cache(cache_kilobytes_);
    // Only before there is a table.
    if (db.version() == 0) db.run("PRAGMA auto_vacuum=INCREMENTAL");
    db.migrate(search_steps());
    db_.emplace(std::move(db));
  }
  return *db_;
}

bool WordIndex::attempt(const std::function<void()>& work) {
  const auto outcome = attempt_index(work);
  if (outcome.trouble == Trouble::None) return true;
  log_warn("search-index-trouble",
           {{"account", account_}, {"reason", outcome.why}});
  if (outcome.trouble == Trouble::Damage) discard();
  return false;
}

EmailId WordIndex::newest() {
  auto& row = mail_.statement("SELECT next_email - 1 FROM account");
  row.bind();
  row.step();
  const EmailId newest = row.integer(0);
  row.reset();
  return newest;
}

std::int64_t WordIndex::tag_of(EmailId email) {
  auto& row = mail_.statement("SELECT file, prefix FROM email WHERE id = ?");
  row.bind(email);
  if (!row.step()) return 0;
  const std::int64_t tag = cache_tag(row.text(0), row.blob(1));
  row.reset();
  return tag;
}

// An account that was set back gives the same ids again.
bool WordIndex::fits_mail(const Progress& progress) {
  if (progress.upto > newest()) return false;
  const std::int64_t tag = tag_of(progress.upto);
  return tag == 0 || tag == progress.tag;
}

WordIndex::Progress WordIndex::progress() {
  auto& row =
      open().statement("SELECT version, upto, tag, next_segment FROM progress");
  row.bind();
  if (!row.step()) return {};
  const auto version = row.integer(0);
  const Progress progress{row.integer(1), row.integer(2), row.integer(3)};
  row.reset();
  if (version != kVersion || !fits_mail(progress)) {
    throw db::Damaged("search.db belongs to another state of the account");
  }
  return progress;
}

void WordIndex::save(const Progress& progress) {
  db_->statement(
         "INSERT OR REPLACE INTO progress(one, version, upto, tag, "
         "next_segment) VALUES(1, ?, ?, ?, ?)")
      .run(kVersion, progress.upto, progress.tag, progress.next_segment);
}

std::vector<EmailId> WordIndex::emails_above(EmailId email, int most) {
  auto& rows = mail_.statement(queries::kEmailsAbove);
  rows.bind(email, most);
  std::vector<EmailId> emails;
  while (rows.step()) emails.push_back(rows.integer(0));
  return emails;
}

Indexing WordIndex::indexing() {
  Indexing state;
  state.newest = newest();
  if (exists()) attempt([&] { state.upto = progress().upto; });
  if (!emails_above(state.upto, 1).empty()) state.step = Indexing::Step::More;
  return state;
}

Indexing WordIndex::advance(const ReadWords& read) {
  Indexing state;
  if (!attempt([&] { state = add_batch(read); })) state.newest = newest();
  return state;
}

Indexing WordIndex::add_batch(const ReadWords& read) {
  Indexing state;
  state.newest = newest();
  state.upto = progress().upto;
  auto emails = emails_above(state.upto, kMostEmails);
  if (emails.empty()) return state;
  db::Transaction change(*db_, db::Transaction::Wait::No);
  if (!change.begun()) {
    state.step = Indexing::Step::Busy;
    return state;
  }
  Progress now = progress();
  if (now.upto != state.upto) emails = emails_above(now.upto, kMostEmails);
  if (!emails.empty()) {
    write_batch(now, emails, read);
    merge(now);
    save(now);
    change.commit();
  }
  state.upto = now.upto;
  if (!emails.empty() && now.upto < state.newest) {
    state.step = Indexing::Step::More;
  }
  db_->checkpoint_above(kLogPages);
  if (state.step == Indexing::Step::Done) give_room_back();
  return state;
}

// As many of them as fit into the time and the memory of a batch.
void WordIndex::write_batch(Progress& progress, std::span<const EmailId> emails,
                            const ReadWords& read) {
  const Micros start = steady_time();
  WordTable table;
  Segment segment;
  segment.id = progress.next_segment++;
  segment.first = emails.front();
  segment.made = wall_time();
  for (const EmailId email : emails) {
    const EmailId number = email - segment.first;
    if (number >= kMostPostings) break;
    table.begin(static_cast<std::uint32_t>(number));
    bool whole = false;  // what cannot be read is not known
    attempt_index([&] { whole = read(email, table); });
    if (!whole) {
      segment.partial.push_back(static_cast<std::uint32_t>(number));
    }
    progress.upto = email;
    ++segment.docs;
    if (table.size() > kBatchMemory || steady_time() - start > kBatchTime) {
      break;
    }
  }
  progress.tag = tag_of(progress.upto);
  segment.range = static_cast<std::uint32_t>(progress.upto - segment.first + 1);
  SegmentWriter writer(*db_, segment.id, segment.range);
  table.write(writer);
  writer.finish();
  insert_segment(*db_, segment);
}

Alive WordIndex::alive_among(std::span<const Segment> segments) {
  const Segment& last = segments.back();
  auto& rows = mail_.statement(queries::kEmailsBetween);
  rows.bind(segments.front().first, last.first + last.range - 1);
  std::vector<EmailId> emails;
  while (rows.step()) emails.push_back(rows.integer(0));
  return [emails = std::move(emails)](EmailId email) {
    return std::ranges::binary_search(emails, email);
  };
}

void WordIndex::merge(Progress& progress) {
  while (true) {
    const auto segments = read_segments(*db_);
    const std::size_t count = segments_to_merge(segments);
    if (count == 0) return;
    const auto tail = std::span(segments).last(count);
    merge_segments(*db_, tail, progress.next_segment++, alive_among(tail));
  }
}

TextHits WordIndex::find(const TextKey& key) {
  const Query query = question(key);
  TextHits hits;
  if (query.patterns.empty() || !exists()) return hits;
  const bool sound = attempt([&] {
    const db::Snapshot snapshot(open());
    const EmailId upto = progress().upto;
    for (const Segment& segment : read_segments(*db_)) {
      const auto found =
          search_segment(*db_, segment, {zones_of(key), query.patterns});
      add_emails(query.exact ? hits.sure : hits.maybe, segment,
                 found.numbers());
      add_emails(hits.maybe, segment, segment.partial);
    }
    hits.upto = upto;
  });
  if (!sound) return {};
  std::ranges::sort(hits.maybe);
  return hits;
}

void WordIndex::remove(std::span<const EmailId> emails) {
  if (emails.empty() || !exists()) return;
  attempt([&] {
    db::Transaction change(open());
    auto& mark = db_->statement(
        "UPDATE segment SET dead = dead + 1 "
        "WHERE first <= ?1 AND first + range > ?1");
    for (const EmailId email : emails) mark.run(email);
    change.commit();
  });
}

// Nothing when somebody else is writing, or has merged it away.
void WordIndex::renew(std::int64_t id) {
  db::Transaction change(*db_, db::Transaction::Wait::No);
  if (!change.begun()) return;
  Progress now = progress();
  const auto segments = read_segments(*db_);
  const auto segment = std::ranges::find(segments, id, &Segment::id);
  if (segment == segments.end()) return;
  const std::span one(&*segment, 1);
  merge_segments(*db_, one, now.next_segment++, alive_among(one));
  save(now);
  change.commit();
}

void WordIndex::tidy() {
  if (!exists()) return;
  attempt([&] {
    progress();
    for (const Segment& segment : read_segments(*db_)) {
      const bool many = segment.dead * kMostDead >= segment.docs;
      const bool old = segment.made < wall_time() - kDeadStay;
      if (segment.dead > 0 && (many || old)) renew(segment.id);
    }
    give_room_back();
  });
}

// Merging leaves free pages, and a long log.
void WordIndex::give_room_back() {
  const auto number = [&](std::string_view pragma) {
    auto& row = db_->statement(pragma);
    row.bind();
    row.step();
    const std::int64_t value = row.integer(0);
    row.reset();
    return value;
  };
  const std::int64_t free = number("PRAGMA freelist_count");
  if (free > kFreePages && free > number("PRAGMA page_count") / kFreeShare) {
    db_->run("PRAGMA incremental_vacuum");
  }
  struct stat about{};
  if (::stat((folder_ + "/search.db-wal").c_str(), &about) == 0 &&
      about.st_size > kLargestLog) {
    db_->checkpoint_truncate();
  }
}

}  // namespace mail::store
