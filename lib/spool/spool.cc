#include "spool/spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/disk_room.h"
#include "base/fault.h"
#include "base/file.h"

namespace mail::spool {
namespace {

constexpr std::string_view kShards = "0123456789abcdef";

// Smaller messages are written at once: reserving would cost a call more.
constexpr std::int64_t kWorthReserving = 64 << 10;
constexpr std::int64_t kMaySpare = 64 << 10;

// A draft is locked for as long as it is open: so the scheduler knows what is
// being received from what was torn (Shelves::look).
bool lock_draft(const Fd& file) {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (::fcntl(file.number(), F_OFD_SETLK, &lock) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  throw_errno("lock draft");
}

// Frees what was reserved behind the end of the file.  Trouble is no matter:
// the message is on the disk by now, and must count as such.
void give_back_reserved(const Fd& file) {
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) return;
  if (::ftruncate(file.number(), status.st_size) != 0) return;
}

bool still_named(const Fd& file) {
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) throw_errno("fstat");
  return status.st_nlink > 0;
}

}  // namespace

void make_spool(const std::string& spool) {
  // The set-group-id bit hands the group down to the files (ARCHITECTURE 4).
  make_folders(spool, 0770);
  for (const std::string name : {"/in", "/deferred"}) {
    make_folders(spool + name, 02770);
    scatter_folders(spool + name);
    for (const char shard : kShards) {
      make_folders(spool + name + "/" + shard, 02770);
    }
  }
  make_folders(spool + "/hold", 0770);
  make_folders(spool + "/corrupt", 0770);
}

Draft::Draft(std::string id, Fd file, const Fd& folder)
    : id_(std::move(id)),
      file_(std::move(file)),
      folder_(folder),
      writer_(file_) {}

Draft::~Draft() {
  if (!done_) writer_.abandon();
}

void Draft::reserve(std::int64_t size) {
  const int failed = ::fallocate(file_.number(), FALLOC_FL_KEEP_SIZE, 0, size);
  if (failed && errno != EOPNOTSUPP && errno != ENOSYS) {
    throw_errno("reserve space");
  }
  if (!failed) reserved_ = size;
}

void Draft::commit(const Envelope& envelope) {
  done_ = true;  // a commit that fails has cut the file itself
  writer_.commit(serialize(envelope), folder_);
  // What a peer declared but did not send.
  if (reserved_ - writer_.length() > kMaySpare) give_back_reserved(file_);
  file_.close();  // and with it the lock: the scheduler may have it
}

Writer::Writer(const std::string& spool) {
  for (std::size_t i = 0; i < folders_.size(); ++i) {
    folders_[i] = open_folder(spool + "/in/" + kShards[i]);
  }
}

std::unique_ptr<Draft> Writer::create(Micros now, std::int64_t size) {
  // Once more only when the scheduler took the empty file for an old one.
  for (int attempt = 0; attempt < 3; ++attempt) {
    std::string id = make_id(now);
    const Fd& folder = folders_[shard_number(id)];
    Fd file =
        open_at(folder, id, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0660);
    if (!lock_draft(file) || !still_named(file)) continue;
    auto draft =
        std::make_unique<Draft>(std::move(id), std::move(file), folder);
    if (size >= kWorthReserving) draft->reserve(size);
    return draft;
  }
  throw Fault("the spool takes no new file");
}

std::unique_ptr<Draft> Writer::create_as(const std::string& id) {
  const Fd& folder = folders_[shard_number(id)];
  Fd file(::openat(folder.number(), id.c_str(),
                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0660));
  if (!file && errno == EEXIST) return {};
  if (!file) throw_errno("create " + id);
  if (!lock_draft(file)) return {};
  return std::make_unique<Draft>(id, std::move(file), folder);
}

bool Writer::has_room(std::int64_t size, std::int64_t minimum) const {
  return mail::has_room(folders_[0], size, minimum);
}

}  // namespace mail::spool
