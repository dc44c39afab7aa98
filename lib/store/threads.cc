#include "store/threads.h"

#include <algorithm>
#include <set>
#include <vector>

#include "store/queries.h"

namespace mail::store {
namespace {

// Keys written for one message: its own id, what it answers and the root.
// More would find few more relatives and cost a page each.
constexpr std::size_t kMostNewKeys = 3;

// Threads larger than this are left apart rather than merged: a merge writes
// every message of the smaller one.
constexpr std::int64_t kLargestMove = 1'000;

std::int64_t emails_of(db::Database& mail, ThreadId thread) {
  auto& query = mail.statement(
      "SELECT count(*) FROM (SELECT 1 FROM email INDEXED BY email_thread "
      "WHERE thread = ?1 LIMIT ?2)");
  query.bind(thread, kLargestMove + 1);
  query.step();
  const std::int64_t count = query.integer(0);
  query.reset();
  return count;
}

void move_thread(db::Database& mail, Modseq modseq, ThreadId from,
                 ThreadId to) {
  mail.statement(
          "UPDATE entry SET thread = ?2 WHERE (mailbox, uid) IN ("
          "SELECT mailbox, uid FROM entry AS other INDEXED BY entry_email "
          "WHERE other.email IN (SELECT id FROM email INDEXED BY "
          "email_thread WHERE email.thread = ?1))")
      .run(from, to);
  mail.statement("UPDATE expunged SET thread = ?2 WHERE thread = ?1")
      .run(from, to);
  mail.statement(
          "UPDATE email INDEXED BY email_thread SET thread = ?2, modseq = ?3 "
          "WHERE thread = ?1")
      .run(from, to, modseq);
  mail.statement(
          "UPDATE thread_key INDEXED BY thread_key_thread SET thread = ?2 "
          "WHERE thread = ?1")
      .run(from, to);
}

ThreadId merge(db::Database& mail, Modseq modseq,
               const std::set<ThreadId>& threads) {
  std::vector<std::pair<std::int64_t, ThreadId>> sizes;
  for (const ThreadId thread : threads) {
    sizes.emplace_back(emails_of(mail, thread), thread);
  }
  const auto largest = std::ranges::max(sizes);
  for (const auto& [size, thread] : sizes) {
    if (thread == largest.second || size > kLargestMove) continue;
    move_thread(mail, modseq, thread, largest.second);
  }
  return largest.second;
}

}  // namespace

ThreadId place_in_thread(db::Database& mail, Change& change,
                         std::span<const std::int64_t> keys) {
  std::set<ThreadId> found;
  std::vector<std::int64_t> missing;
  auto& query = mail.statement(queries::kThreadOfKey);
  for (const std::int64_t key : keys) {
    query.bind(key);
    if (query.step()) {
      found.insert(query.integer(0));
      query.reset();
    } else if (missing.size() < kMostNewKeys) {
      missing.push_back(key);
    }
  }
  const ThreadId thread = found.empty() ? change.account().next_thread++
                          : found.size() == 1
                              ? *found.begin()
                              : merge(mail, change.modseq(), found);
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
