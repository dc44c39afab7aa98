#include "spool/shelves.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "spool/spool.h"

namespace mail::spool {
namespace {

constexpr std::size_t kHold = 32;
constexpr std::size_t kCorrupt = 33;

// Read in one go: of any file, of a small one.
constexpr std::int64_t kTail = 2 << 10;
constexpr std::int64_t kSmall = 64 << 10;

// So long an empty draft may wait for its lock; see lock_draft().
constexpr Micros kGrace = kMinute;

std::string folder_name(std::size_t index) {
  const std::string shard(1, "0123456789abcdef"[index & 15]);
  if (index == kHold) return "/hold";
  if (index == kCorrupt) return "/corrupt";
  return (index < 16 ? "/in/" : "/deferred/") + shard;
}

// Nothing when there is no such file.
Fd open_existing(const Fd& folder, const std::string& name) {
  Fd file(::openat(folder.number(), name.c_str(),
                   O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file && errno != ENOENT && errno != ELOOP) throw_errno("open " + name);
  return file;
}

// Octets; -1 when it is no regular file.
std::int64_t size_of(const Fd& file) {
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) throw_errno("fstat");
  return S_ISREG(status.st_mode) ? status.st_size : -1;
}

// Keeps writers out until the file is closed; false when there is one.
bool lock_out_writers(const Fd& file) {
  struct flock lock {};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  if (::fcntl(file.number(), F_OFD_SETLK, &lock) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  throw_errno("lock spool file");
}

}  // namespace

std::string_view name_of(Shelf shelf) {
  constexpr std::string_view kNames[] = {"in", "deferred", "hold", "corrupt"};
  return kNames[static_cast<std::size_t>(shelf)];
}

std::string_view name_of(Flaw flaw) {
  constexpr std::string_view kNames[] = {"gone", "torn", "changed",
                                         "bad envelope"};
  return kNames[static_cast<std::size_t>(flaw)];
}

Shelves::Shelves(const std::string& spool) : spool_(spool) {
  for (std::size_t i = 0; i < folders_.size(); ++i) {
    folders_[i] = open_folder(spool + folder_name(i));
  }
}

std::size_t Shelves::index(Shelf shelf, std::string_view id) const {
  switch (shelf) {
    case Shelf::In: return shard_number(id);
    case Shelf::Deferred: return 16 + shard_number(id);
    case Shelf::Hold: return kHold;
    case Shelf::Corrupt: return kCorrupt;
  }
  return kCorrupt;
}

const Fd& Shelves::folder(Shelf shelf, std::string_view id) const {
  return folders_[index(shelf, id)];
}

bool Shelves::has(std::string_view id) const {
  const std::string name(id);
  for (const Shelf shelf : {Shelf::In, Shelf::Deferred, Shelf::Hold,
                            Shelf::Deferred, Shelf::In, Shelf::Corrupt}) {
    if (::faccessat(folder(shelf, id).number(), name.c_str(), F_OK,
                    AT_SYMLINK_NOFOLLOW) == 0) {
      return true;
    }
    if (errno != ENOENT) return true;
  }
  return false;
}

// Reads up to `at_once` octets from the end in one go: footer, envelope and,
// when it all fits, the message.
std::expected<Item, Flaw> Shelves::read(Shelf shelf, std::string_view id,
                                        std::int64_t at_once) const {
  if (!is_id(id)) return std::unexpected(Flaw::Gone);
  Item item;
  item.id = id;
  item.file = open_existing(folder(shelf, id), item.id);
  if (!item.file) return std::unexpected(Flaw::Gone);
  const std::int64_t size = size_of(item.file);
  if (size < 0) return std::unexpected(Flaw::Torn);
  const std::int64_t length = std::min(size, at_once);
  std::string end =
      item.file.read_at(size - length, static_cast<std::size_t>(length));
  const auto footer = mime::parse_footer(end, size);
  if (!footer) return std::unexpected(Flaw::Torn);
  item.footer = *footer;
  const std::int64_t tail = footer->envelope_length + mime::kFooterSize;
  auto envelope = parse_envelope(
      tail <= length ? end.substr(static_cast<std::size_t>(length - tail),
                                  static_cast<std::size_t>(
                                      footer->envelope_length))
                     : mime::read_envelope(item.file, item.footer));
  if (!envelope) return std::unexpected(Flaw::Envelope);
  item.envelope = std::move(*envelope);
  if (length == size) item.message = std::move(end);
  return item;
}

std::expected<Item, Flaw> Shelves::open(Shelf shelf,
                                        std::string_view id) const {
  auto item = read(shelf, id, kTail);
  if (item) item->message.clear();  // not verified
  return item;
}

std::expected<Item, Flaw> Shelves::open_verified(Shelf shelf,
                                                 std::string_view id) const {
  auto item = read(shelf, id, kSmall);
  if (!item) return item;
  const bool whole = item->message.empty()
                         ? mime::verify(item->file, item->footer)
                         : mime::verify(item->message, item->footer);
  if (!whole) return std::unexpected(Flaw::Changed);
  item->message.resize(std::min(
      item->message.size(),
      static_cast<std::size_t>(item->footer.message_length)));
  return item;
}

bool Shelves::move(std::string_view id, Shelf from, Shelf to) {
  if (!is_id(id)) return false;
  const std::string name(id);
  const std::size_t source = index(from, id);
  const std::size_t target = index(to, id);
  if (::renameat(folders_[source].number(), name.c_str(),
                 folders_[target].number(), name.c_str()) != 0) {
    if (errno == ENOENT) return false;
    throw_errno("rename " + name);
  }
  touched_.insert({source, target});
  return true;
}

bool Shelves::remove(std::string_view id, Shelf shelf) {
  if (!is_id(id)) return false;
  const std::string name(id);
  const std::size_t at = index(shelf, id);
  if (::unlinkat(folders_[at].number(), name.c_str(), 0) != 0) {
    if (errno == ENOENT) return false;
    throw_errno("unlink " + name);
  }
  touched_.insert(at);
  return true;
}

void Shelves::sync() {
  int trouble = 0;
  std::erase_if(touched_, [&](std::size_t at) {
    if (::fsync(folders_[at].number()) == 0) return true;
    trouble = errno;
    return false;
  });
  errno = trouble;
  if (trouble != 0) throw_errno("sync the spool");
}

bool Shelves::is_synced(std::string_view id) const {
  constexpr Shelf kAll[] = {Shelf::In, Shelf::Deferred, Shelf::Hold,
                            Shelf::Corrupt};
  return std::ranges::none_of(kAll, [&](Shelf shelf) {
    return touched_.contains(index(shelf, id));
  });
}

std::optional<Shelf> Shelves::find(std::string_view id) const {
  const std::string name(id);
  for (const auto shelf :
       {Shelf::Deferred, Shelf::In, Shelf::Hold, Shelf::Deferred}) {
    struct stat status {};
    if (::fstatat(folder(shelf, id).number(), name.c_str(), &status,
                  AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(status.st_mode)) {
      return shelf;
    }
  }
  return {};
}

std::vector<std::string> Shelves::list(Shelf shelf) const {
  std::vector<std::string> ids;
  const bool flat = shelf == Shelf::Hold || shelf == Shelf::Corrupt;
  const std::size_t first =
      flat ? index(shelf, {}) : shelf == Shelf::In ? 0 : 16;
  for (std::size_t i = first; i < first + (flat ? 1 : 16); ++i) {
    for (auto& name : list_folder(spool_ + folder_name(i))) {
      if (is_id(name)) ids.push_back(std::move(name));
    }
  }
  std::ranges::sort(ids);
  return ids;
}

Shelves::Found Shelves::look(std::string_view id, Micros now) {
  const Fd file = open_existing(folder(Shelf::In, id), std::string(id));
  if (!file) return Found::Gone;
  if (size_of(file) < 0) return Found::Torn;
  // Also with a footer: it may not be synced yet, and a failed sync cuts the
  // file to nothing, in every folder it is linked into by then.
  if (!lock_out_writers(file)) return Found::Writing;
  if (mime::read_footer(file)) return Found::Whole;
  if (file.size() > 0) return Found::Torn;
  if (now - id_time(id) < kGrace) return Found::Writing;
  remove(id, Shelf::In);
  return Found::Empty;
}

bool Shelves::examine(std::string_view id, Micros now) {
  const Found found = look(id, now);
  if (found == Found::Torn && move(id, Shelf::In, Shelf::Corrupt)) {
    log_warn("torn", {{"id", id}});
  }
  return found == Found::Whole;
}

}  // namespace mail::spool
