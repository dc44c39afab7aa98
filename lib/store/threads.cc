#include "store/threads.h"

#include <optional>
#include <vector>

#include "store/queries.h"

namespace mail::store {
namespace {

// Keys written for one message: its own id, what it answers and the root.
// More would find few more relatives and cost a page each.
constexpr std::size_t kMostNewKeys = 3;

}  // namespace

// The first key that is known decides: messages that refer to this one, then
// the one it answers, then the root.
ThreadId place_in_thread(db::Database& mail, Change& change,
                         std::span<const std::int64_t> keys) {
  std::optional<ThreadId> found;
  std::vector<std::int64_t> missing;
  auto& query = mail.statement(queries::kThreadOfKey);
  for (const std::int64_t key : keys) {
    query.bind(key);
    if (query.step()) {
      if (!found) found = query.integer(0);
      query.reset();
    } else if (missing.size() < kMostNewKeys) {
      missing.push_back(key);
    }
  }
  const ThreadId thread = found ? *found : change.account().next_thread++;
  auto& insert = mail.statement(
      "INSERT OR IGNORE INTO thread_key(hash, thread) VALUES(?, ?)");
  for (const std::int64_t key : missing) insert.run(key, thread);
  return thread;
}

void drop_empty_thread(db::Database& mail, ThreadId thread) {
  auto& query = mail.statement(
      "SELECT 1 FROM email INDEXED BY email_thread WHERE thread = ? LIMIT 1");
  query.bind(thread);
  const bool used = query.step();
  query.reset();
  if (used) return;
  mail.statement(
          "DELETE FROM thread_key INDEXED BY thread_key_thread "
          "WHERE thread = ?")
      .run(thread);
}

}  // namespace mail::store
