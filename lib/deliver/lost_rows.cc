#include "deliver/lost_rows.h"

#include "base/attempt.h"
#include "base/log.h"
#include "deliver/complaint.h"

namespace mail::deliver {

void make_up_for_lost_rows(spool::Shelves& shelves, Ledger& ledger,
                           directory::Directory& directory,
                           const Lifetime& lifetime) {
  using spool::Shelf;
  Complaint complaint("spool-change-failed");
  for (const auto& id : shelves.list(Shelf::Deferred)) {
    log_warn("no-rows", {{"id", id}});
    const auto moved =
        attempt([&] { shelves.move(id, Shelf::Deferred, Shelf::In); });
    if (moved) continue;
    complaint.add(id, moved.error().why);
    if (const auto item = shelves.open(Shelf::Deferred, id)) {
      ledger.change(to_rows(
          first_attempt(*item, Shelf::Deferred, directory, lifetime)));
    }
  }
  shelves.sync();
  // Without rows nobody could release it.
  for (const auto& id : shelves.list(Shelf::Hold)) {
    const auto item = shelves.open(Shelf::Hold, id);
    if (!item) continue;
    log_warn("no-rows", {{"id", id}});
    Message message = first_attempt(*item, Shelf::Hold, directory, lifetime);
    keep_back(message, "held before queue.db was lost");
    ledger.change(to_rows(message));
  }
}

}  // namespace mail::deliver
