// Shelves: the spool's folders as queue-runner keeps them.
//
//   Shelves shelves(settings.spool());
//   for (auto& id : shelves.list(Shelf::In)) {
//     if (shelves.examine(id, wall_time())) ...
//   auto item = shelves.open(Shelf::In, id);
//   if (!item && item.error() != Flaw::Gone) shelves.move(id, Shelf::In,
//                                                         Shelf::Corrupt);
//   shelves.sync();
//
// Folders are opened once, so that a caged worker needs no path.  An object
// is used by one thread at a time; several processes may have one each.
#pragma once

#include <array>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "mime/message_file.h"
#include "spool/envelope.h"

namespace mail::spool {

enum class Shelf { In, Deferred, Hold, Corrupt };
std::string_view name_of(Shelf shelf);

// Why a file is not a message.
enum class Flaw {
  Gone,      // no such file
  Torn,      // no valid footer: never acknowledged
  Changed,   // the checksum does not match
  Envelope,  // the envelope does not parse
};
std::string_view name_of(Flaw flaw);

// A committed message, open for reading.
struct Item {
  std::string id;
  Fd file;
  mime::Footer footer;
  Envelope envelope;
  std::string message;  // a small one that was verified; else empty

  // The message's size as everybody counts it: with the prefix.
  std::int64_t size() const {
    return footer.message_length +
           static_cast<std::int64_t>(envelope.prefix.size());
  }
};

class Shelves {
 public:
  explicit Shelves(const std::string& spool);

  // Opens a message: footer and envelope, and nothing else is read.
  std::expected<Item, Flaw> open(Shelf shelf, std::string_view id) const;

  // The same, and the checksum over the whole file.
  std::expected<Item, Flaw> open_verified(Shelf shelf,
                                          std::string_view id) const;

  // The folder a file lies in, under the name `id`: for linkat(2).
  const Fd& folder(Shelf shelf, std::string_view id) const;

  // Whether there is a name of it on any shelf, also while it is moved; true
  // when that cannot be said.
  bool has(std::string_view id) const;

  // rename(2), unlink(2); false when there is no such file.  On the disk
  // only after sync().
  bool move(std::string_view id, Shelf from, Shelf to);
  bool remove(std::string_view id, Shelf shelf);

  // Syncs the folders touched since the last call.  One that cannot be synced
  // keeps no other: Fault when all were tried.
  void sync();
  // Whether what was done to this message is on the disk.
  bool is_synced(std::string_view id) const;

  // Where it lies; it may be on its way to another shelf, or never have got
  // there.
  std::optional<Shelf> find(std::string_view id) const;

  // The ids of the files there, oldest first.
  std::vector<std::string> list(Shelf shelf) const;

  // Whether this lies whole in in/.  What no smtpd is writing (drafts are
  // locked) and has no footer was never acknowledged: it goes to corrupt/, and
  // is removed when it is empty.
  bool examine(std::string_view id, Micros now);

 private:
  std::expected<Item, Flaw> read(Shelf shelf, std::string_view id,
                                 std::int64_t at_once) const;
  enum class Found { Whole, Writing, Torn, Empty, Gone };
  Found look(std::string_view id, Micros now);
  std::size_t index(Shelf shelf, std::string_view id) const;

  std::string spool_;
  std::array<Fd, 34> folders_;  // in 16, deferred 16, hold, corrupt
  std::set<std::size_t> touched_;
};

}  // namespace mail::spool
