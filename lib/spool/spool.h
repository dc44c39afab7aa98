// The spool: one immutable file per message between programs.
//
//   spool/in/0..f/ID         accepted, not yet tried
//   spool/deferred/0..f/ID   has rows in queue.db
//   spool/hold/ID            kept back
//   spool/corrupt/ID         does not validate, or killed three workers
//
// smtpd only creates in in/ (Writer, Draft); queue-runner owns the rest
// (spool/shelves.h).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fd.h"
#include "mime/message_file.h"
#include "spool/envelope.h"

namespace mail::spool {

// 26 characters of base32: 48 bits of milliseconds, 80 random bits.  Sorts by
// time; not to be guessed.
std::string make_id(Micros now);

// An id that follows from another and from 10 bytes of a keyed digest.
std::string id_from(std::string_view earlier, std::string_view digest);
bool is_id(std::string_view text);
Micros id_time(std::string_view id);

// "in/7/ID": which of the 16 folders an id lies in.
char shard(std::string_view id);
std::size_t shard_number(std::string_view id);

// Makes the folders; what `mailctl init` and the daemons call.
void make_spool(const std::string& spool);

// A message being received, under its final name.  Destroyed without commit:
// cut to nothing; the scheduler drops it.
class Draft {
 public:
  Draft(std::string id, Fd file, const Fd& folder);
  ~Draft();
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  const std::string& id() const { return id_; }
  void write(std::string_view bytes) { writer_.write(bytes); }
  std::int64_t length() const { return writer_.length(); }

  // Sets disk space aside for so many bytes; NoSpace when there is none.
  void reserve(std::int64_t size);

  // SPOOL.md, commit: after this, and only then, 250.
  void commit(const Envelope& envelope);

 private:
  std::string id_;
  Fd file_;
  const Fd& folder_;
  mime::MessageWriter writer_;
  std::int64_t reserved_ = 0;
  bool done_ = false;
};

// smtpd's side: the 16 folders of in/, opened before the cage closes.
class Writer {
 public:
  explicit Writer(const std::string& spool);

  // `size`: what SIZE declared, to reserve the space; 0 unknown.
  // NoSpace when it is not there.
  std::unique_ptr<Draft> create(Micros now, std::int64_t size);

  // The same under an id that was chosen; nothing when it is taken.
  std::unique_ptr<Draft> create_as(const std::string& id);

  // Whether mail of this size may be taken: `minimum` bytes or 2 % stay free.
  bool has_room(std::int64_t size, std::int64_t minimum) const;

 private:
  std::array<Fd, 16> folders_;
};

}  // namespace mail::spool
