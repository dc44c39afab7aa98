#include "store/threads.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "store/queries.h"

namespace mail::store {
namespace {

// Keys written for one message: its own id, what it answers and the root.
// More would find few more relatives and cost a page each.
constexpr std::size_t kMostNewKeys = 3;

constexpr std::size_t kForgottenAtOnce = 1'000;

struct Key {
  std::int64_t hash;
  ThreadId thread;
};

std::vector<Key> keys_of_empty_threads(db::Database& mail) {
  auto& rows = mail.statement(
      "SELECT hash, thread FROM thread_key WHERE thread NOT IN "
      "(SELECT thread FROM email)");
  rows.bind();
  std::vector<Key> keys;
  while (rows.step()) keys.push_back({rows.integer(0), rows.integer(1)});
  return keys;
}

std::set<ThreadId> threads_from(db::Database& mail, EmailId first) {
  auto& rows = mail.statement("SELECT thread FROM email WHERE id >= ?1");
  rows.bind(first);
  std::set<ThreadId> threads;
  while (rows.step()) threads.insert(rows.integer(0));
  return threads;
}

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

// Found while others write; a thread that a new email joins meanwhile keeps
// its keys.
void forget_empty_threads(Core& core) {
  const EmailId next = read_account(core.mail).next_email;
  const auto empty = keys_of_empty_threads(core.mail);
  for (std::size_t from = 0; from < empty.size(); from += kForgottenAtOnce) {
    Change change(core);
    const auto joined = threads_from(core.mail, next);
    auto& forget =
        core.mail.statement("DELETE FROM thread_key WHERE hash = ?1");
    const std::size_t to = std::min(from + kForgottenAtOnce, empty.size());
    for (std::size_t i = from; i < to; ++i) {
      if (!joined.contains(empty[i].thread)) forget.run(empty[i].hash);
    }
    change.commit_quietly();
  }
}

}  // namespace mail::store
