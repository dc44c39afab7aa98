// What queue.db may hold after damage, or after somebody has worked on it by
// hand: values of any type in any column, through the scheduler's start, a
// pass over what is due, administrators' changes, and mailctl's readers.
//
// The input is a list of rows: a byte for the table, then the values of its
// columns, each a byte for its kind and what that needs.
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "admin/queue_text.h"
#include "base/attempt.h"
#include "base/fault.h"
#include "base/file.h"
#include "config/settings.h"
#include "deliver/admission.h"
#include "deliver/consignment.h"
#include "deliver/due_pass.h"
#include "deliver/gauges.h"
#include "deliver/ledger.h"
#include "deliver/progress.h"
#include "deliver/queue_desk.h"
#include "spool/queue_ages.h"
#include "spool/queue_db.h"
#include "spool/queue_reader.h"
#include "spool/queue_schema.h"
#include "spool/spool.h"
#include "tests/support/temp_dir.h"

namespace {

using namespace mail;

constexpr std::size_t kMostRows = 64;
const std::string kIds[] = {
    "01M8443A9T8GKV1XWCC8MMFMH2", "01M8443AJ0FFMHS4H9TQZ10JXC",
    "../../../../etc/passwd", ""};
constexpr std::int64_t kNumbers[] = {
    0, 1, -1, INT64_MAX, INT64_MIN, INT32_MAX, INT32_MIN, 3, 6, 7,
    1'795'442'050'000'000, 99'999'999'999'999'999};
const std::string kTexts[] = {
    "ann@here.example", "bob@there.example", "@there.example", "4.2.2", "domain",
    "site", "no-at-all", "FAILURE,DELAY", "NEVER", "\xff\xfe\xc3", "\x1b[2J\t\n",
    std::string("a\0b@here.example", 16), std::string(70'000, 'x') + "@x"};

struct Table {
  const char* name;
  int columns;
};
constexpr Table kTables[] = {{"message", 12},   {"recipient", 20},
                             {"site", 7},       {"suspension", 4},
                             {"hold_rule", 6},  {"suppression", 4},
                             {"secret", 1}};

class Input {
 public:
  Input(const unsigned char* data, std::size_t size)
      : left_(reinterpret_cast<const char*>(data), size) {}
  bool empty() const { return left_.empty(); }
  unsigned byte() {
    if (left_.empty()) return 0;
    const auto value = static_cast<unsigned char>(left_.front());
    left_.remove_prefix(1);
    return value;
  }
  std::string_view take(std::size_t size) {
    const auto taken = left_.substr(0, size);
    left_.remove_prefix(taken.size());
    return taken;
  }
  // A value as SQL writes it.
  std::string value() {
    switch (byte() % 8) {
      case 0: return "NULL";
      case 1: return std::to_string(static_cast<signed char>(byte()));
      case 2: return number(kNumbers[byte() % std::size(kNumbers)]);
      case 3: return "1.5e" + std::to_string(byte());
      case 4: return text(take(byte()));
      case 5: return blob(take(byte()));
      case 6: return text(kIds[byte() % std::size(kIds)]);
      default: return text(kTexts[byte() % std::size(kTexts)]);
    }
  }

 private:
  static std::string number(std::int64_t value) {
    return value == INT64_MIN ? "(-9223372036854775807 - 1)"
                              : std::to_string(value);
  }
  static std::string blob(std::string_view bytes) {
    std::string sql = "x'";
    for (const char c : bytes) {
      sql += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
      sql += "0123456789abcdef"[c & 15];
    }
    return sql + "'";
  }
  static std::string text(std::string_view bytes) {
    return "CAST(" + blob(bytes) + " AS TEXT)";
  }
  std::string_view left_;
};

// The tables without what keeps values in order.
std::string without(std::string text, std::string_view word) {
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at)) {
    text.erase(at, word.size());
  }
  return text;
}

class Nowhere : public directory::Directory {
 public:
  bool is_local(std::string_view domain) override {
    return domain == "here.example";
  }
  Result<std::vector<directory::Destination>> expand(
      std::string_view address) override {
    if (address.starts_with("bob")) return refuse("no such address");
    return std::vector<directory::Destination>{
        {7, std::string(address), "", true},
        {0, "eve@there.example", "", true}};
  }
  std::optional<directory::Account> account(std::uint64_t) override {
    return {};
  }
  std::optional<directory::Account> account(std::string_view) override {
    return {};
  }
  bool may_send_as(std::uint64_t, std::string_view) override { return false; }
};

// In memory where that is possible: every change is synced.
struct Shortcut {
  Shortcut() {
    if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);
  }
};

struct House {
  Shortcut first;
  TempDir dir;
  std::string path = dir.path() + "/queue.db";

  House() {
    spool::make_spool(dir.path() + "/spool");
    db::Database db(path, db::Mode::Write, db::Sync::Off);
    for (const auto step : spool::queue_steps()) {
      std::string sql(step);
      for (const char* word : {" TEXT", " INTEGER", " NOT NULL",
                               " STRICT, WITHOUT ROWID", " STRICT",
                               " AUTOINCREMENT"}) {
        sql = without(std::move(sql), word);
      }
      db.run(sql);
    }
    db.run("PRAGMA user_version=" +
           std::to_string(spool::queue_steps().size()));
  }
};

void fill(const std::string& path, Input& input) {
  db::Database db(path, db::Mode::Write, db::Sync::Off);
  db::Transaction change(db);
  for (const auto& table : kTables) {
    db.run(std::string("DELETE FROM ") + table.name);
  }
  for (std::size_t i = 0; i < kMostRows && !input.empty(); ++i) {
    const Table& table = kTables[input.byte() % std::size(kTables)];
    std::string sql =
        std::string("INSERT OR REPLACE INTO ") + table.name + " VALUES (";
    for (int column = 0; column < table.columns; ++column) {
      sql += (column ? "," : "") + input.value();
    }
    db.run(sql + ")");
  }
  change.commit();
}

// What an attempt makes of it; the input says how it ends.
void attempt_all(deliver::Message& message, deliver::Ledger& ledger,
                 unsigned how) {
  for (auto& consignment : deliver::consign(message)) {
    deliver::Parting parting;
    parting.message = &message;
    parting.targets = consignment.targets;
    parting.until = wall_time() + kHour;
    parting.why = "why not";
    for (const auto index : consignment.targets) {
      deliver::Target& target = message.targets[index];
      deliver::Verdict verdict;
      verdict.outcome =
          static_cast<deliver::Verdict::Outcome>(how % 3);
      if (how & 4) {
        deliver::wait(target, parting);
      } else {
        deliver::heed(target, parting, verdict, 300 * kSecond);
      }
    }
  }
  ledger.change(deliver::to_rows(message));
}

void schedule(spool::QueueDb& db, unsigned how) {
  config::Settings settings;
  deliver::Sites sites(settings);
  sites.restore(db.sites(), wall_time());
  sites.set_suspensions(db.suspensions(wall_time()));
  for (const auto& [name, site] : sites.all()) {
    sites.to_row(*site, wall_time());
  }
  deliver::show_gauges({1, 2}, db.tally(), sites);
  deliver::Admission admission(db);
  Nowhere directory;
  deliver::Ledger ledger(db);
  deliver::DuePass due(db);
  for (int page = 0; page < 3; ++page) {
    due.run([&](const spool::DueRow& row) {
      const auto stored = db.load(row.id);
      if (!stored) return ledger.finished(row.id, row.n), true;
      auto message = deliver::next_attempt(*stored, wall_time());
      deliver::keep_local(message, directory);
      admission.judge(message, {});
      deliver::wait_for_domains(message, sites);
      attempt_all(message, ledger, how);
      return true;
    });
    ledger.write();
  }
  db.next_due(wall_time());
}

void administer(spool::QueueDb& db, spool::Shelves& shelves, unsigned how) {
  using Verb = spool::QueueVerb;
  deliver::QueueDesk desk(db, shelves,
                          [](const std::string&) { return false; });
  std::vector<spool::QueueTarget> targets;
  for (const auto& id : kIds) {
    targets.push_back({id, how & 1 ? std::vector<int>{0, 1} :
                                     std::vector<int>{}});
  }
  db.sites_of(targets);
  db.suppress({"@there.example", 0, "", 1}, wall_time());
  for (const Verb verb : {Verb::Hold, Verb::Retry, Verb::Bounce, Verb::Release,
                          Verb::Expire, Verb::Delete}) {
    desk.change(verb, targets);
  }
  db.shift_times(how & 2 ? kHour : -kHour);
}

void show(const std::string& path, unsigned how) {
  spool::QueueReader reader(path);
  spool::QueueFilter filter;
  if (how & 8) filter.recipient = "@there.example";
  if (how & 16) filter.reason = "4.";
  if (how & 32) filter.sender = "<>";
  const auto print = [](const spool::QueueMessage& message) {
    const auto record = admin::queue_row(message);
    admin::to_json(record);
    admin::to_lines({record}, admin::Columns::Tabs);
    admin::to_paragraph(
        admin::queue_details(message, admin::Format::Text));
  };
  reader.each(filter, {kIds[0]}, print);
  for (const auto& id : kIds) {
    if (const auto message = reader.show(id)) print(*message);
  }
  for (const auto by : {spool::AgesBy::Domain, spool::AgesBy::Site,
                        spool::AgesBy::Sender}) {
    spool::AgeTable ages(by, wall_time());
    reader.each(filter, {}, [&](const auto& m) { ages.add(m); });
  }
  for (const auto& [name, site] : reader.sites()) {
    admin::time_text(site.next_at);
    admin::time_text(site.row.dead_until);
  }
  for (const auto& one : reader.suspensions(wall_time())) {
    admin::time_text(one.until);
  }
  for (const auto& one : reader.rules()) admin::time_text(one.made);
  reader.suppressions(wall_time());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data,
                                      std::size_t size) {
  static const House house;
  Input input(data, size);
  const unsigned how = input.byte();
  // What SQLite itself refuses is a Fault: an answer, not an end.
  (void)attempt([&] { fill(house.path, input); });
  (void)attempt([&] { show(house.path, how); });
  (void)attempt([&] {
    spool::QueueDb db(house.path);
    (void)attempt([&] { (void)db.secret(); });
    (void)attempt([&] { schedule(db, how); });
    spool::Shelves shelves(house.dir.path() + "/spool");
    (void)attempt([&] { administer(db, shelves, how); });
  });
  (void)attempt([&] { show(house.path, how); });
  return 0;
}
