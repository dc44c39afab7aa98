#include "deliver/open_queue.h"

#include <optional>
#include <utility>

#include "base/attempt.h"
#include "base/fault.h"
#include "db/database.h"

namespace mail::deliver {

// Damage may lie where opening does not look: then it was met before.
spool::QueueDb open_queue(const std::string& path) {
  std::optional<spool::QueueDb> db;
  const auto opened = attempt([&] { db.emplace(path); });
  const bool marked = spool::is_marked_damaged(path);
  if (opened && !marked) return std::move(*db);
  const bool damaged = db::has_damage(path);
  if (!opened && !damaged) throw Fault(opened.error().why);
  db.reset();
  if (damaged) spool::put_aside(path);
  spool::remove_mark(path);
  return spool::QueueDb(path);
}

}  // namespace mail::deliver
