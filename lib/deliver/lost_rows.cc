#include "deliver/lost_rows.h"

#include "base/log.h"

namespace mail::deliver {

void make_up_for_lost_rows(spool::Shelves& shelves, Ledger& ledger,
                           directory::Directory& directory,
                           const Lifetime& lifetime) {
  using spool::Shelf;
  for (const auto& id : shelves.list(Shelf::Deferred)) {
    log_warn("no-rows", {{"id", id}});
    shelves.move(id, Shelf::Deferred, Shelf::In);
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
