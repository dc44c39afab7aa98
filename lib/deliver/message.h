// Message: one message the scheduler is busy with.
//
// Its recipients are expanded: aliases followed, each destination once.  What
// is not done yet stands in `targets`, with what the last attempt came to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "directory/directory.h"
#include "spool/queue_db.h"
#include "spool/shelves.h"

namespace mail::deliver {

enum class TargetState {
  Due,       // to be delivered now
  Deferred,  // its time has not come, or it was tried and must wait
  Done,
  Failed,    // for good: its sender is to be told
  // As good as Done: the sender wanted to hear of it (RFC 3461 4.1).
  Delivered,  // into a mailbox
  Relayed,    // to a server that reports nothing itself
  Expanded,   // an address with several behind it
};

struct Target {
  spool::StoredRecipient row;
  TargetState state = TargetState::Due;
  bool out = false;  // in a parcel: waits for a worker, or one has it
  // What is to be done to it when it comes back (deliver/orders.h).
  std::optional<spool::QueueVerb> wish = {};
};

struct Message {
  std::string id;
  spool::Shelf shelf = spool::Shelf::In;
  std::int64_t size = 0;
  std::string sender;
  std::uint64_t account = 0;  // authenticated as
  Micros arrived = 0;
  Micros expires = 0;
  Micros warned = 0;
  int strikes = 0;
  bool stored = false;        // has rows in queue.db
  bool alone = false;         // a worker died while it was in a batch
  bool verified = false;      // its file has the right checksum
  bool condemned = false;     // damaged, or it killed three workers
  bool held = false;          // nothing of it leaves but what is due
  int reports = 0;            // made about it so far
  std::size_t parcels = 0;    // on their way to workers and servers
  bool unwritten = false;     // what became of some is not in queue.db
  Micros news_since = 0;      // steady: there is some, and parcels are out
  std::size_t weight = 0;     // of its account's share (deliver/shares.h)
  std::vector<Target> targets;

  bool any(TargetState state) const;
  bool done() const;  // every target is
};

// When mail of this sender that arrived then is given up.
struct Lifetime {
  Micros normal = 5 * kDay;
  Micros null_sender = kDay;

  Micros end(std::string_view sender, Micros arrived) const;
  // The same for what has not been tried yet: after a long outage, or when the
  // clock was set meanwhile, it still has a tenth of its time.
  Micros end_at_first(std::string_view sender, Micros arrived,
                      Micros now) const;
};

// From a spool file that is tried for the first time.  Recipients that are
// not there any more are Failed at once.
// Faults of the directory are the caller's.
Message first_attempt(const spool::Item& item, spool::Shelf shelf,
                      directory::Directory& directory,
                      const Lifetime& lifetime);

// From its rows; what is due at `now` is Due.
Message next_attempt(const spool::StoredMessage& stored, Micros now);

// The target has arrived: in a mailbox here; or at another server, which
// may have taken over the duties of RFC 3461 5.2.2.
void delivered(Target& target);
enum class Duties { Ours, TakenOver };
void relayed(Target& target, Duties reports);

// The clock was set by so much: what was planned moves with it, and so does
// what was, so that nothing is older or younger than before.
void shift_times(Message& message, Micros step);

// Keeps all of it back that no worker has.
void keep_back(Message& message, std::string_view why);

// What is left of it, for queue.db.
spool::StoredMessage to_rows(const Message& message);

}  // namespace mail::deliver
