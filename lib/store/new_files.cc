#include "store/new_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/base32.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/random.h"
#include "store/delivery.h"

namespace mail::store {
namespace {

// As many names ahead as a second's messages ask for, up to these.
constexpr std::size_t kMostAhead = 8;
constexpr Micros kSoon = kSecond;
// What is older may be taken for left over (store/maintain.cc): not used.
// That goes by the wall clock, which may have been set: so it is looked, too.
constexpr Micros kFresh = kHour;
// Names of ours that a block of 4 KiB holds: 36 octets each, in ext4.
constexpr std::size_t kInBurst = 112;
// Characters of the first file's name, which are milliseconds.
constexpr std::size_t kBurstName = 10;

// The folder's own name is on the disk before anything is put into it: also
// when another process made it a moment ago, and did not come to that.
Fd make_folder(const std::string& parent, std::string_view name) {
  const std::string path = parent + "/" + std::string(name);
  const bool made = ::mkdir(path.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) throw_errno("mkdir " + path);
  Fd folder = open_folder(path);
  if (made || !syncs_its_name(folder)) open_folder(parent).sync();
  return folder;
}

// Of a folder or a file.
bool is_removed(const Fd& opened) {
  struct stat about{};
  return ::fstat(opened.number(), &about) != 0 || about.st_nlink == 0;
}

// 26 characters like those of the spool: the time in front, then what nobody
// guesses.
std::string new_name() {
  const auto now = static_cast<std::uint64_t>(wall_time() / kMillisecond);
  return base32(now, 10) + base32(random_number(), 8) +
         base32(random_number(), 8);
}

}  // namespace

MessageDraft::MessageDraft(const std::string& msg, const Fd& folder,
                           std::string where)
    : fd(open_at(folder, where.substr(where.find('/') + 1),
                 O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600)),
      file(std::move(where)),
      path_(msg + "/" + file) {
  if (::flock(fd.number(), LOCK_EX | LOCK_NB) == 0) return;
  const int why = errno;
  ::unlink(path_.c_str());
  errno = why;
  throw_errno("lock " + path_);
}

MessageDraft::~MessageDraft() {
  if (!kept_ && !path_.empty()) ::unlink(path_.c_str());
}

MessageDraft::MessageDraft(MessageDraft&& other) noexcept
    : fd(std::move(other.fd)),
      file(std::move(other.file)),
      path_(std::exchange(other.path_, {})),
      synced_(other.synced_),
      kept_(other.kept_) {}

MessageDraft& MessageDraft::operator=(MessageDraft&& other) noexcept {
  std::swap(fd, other.fd);
  std::swap(file, other.file);
  std::swap(path_, other.path_);
  std::swap(synced_, other.synced_);
  std::swap(kept_, other.kept_);
  return *this;
}

void MessageDraft::sync() {
  if (synced_) return;
  sync_new(fd, path_.substr(0, path_.rfind('/')));
  if (is_removed(fd)) throw Fault("somebody has removed " + path_);
  synced_ = true;
}

bool NewFiles::is_of_a_burst(std::string_view folder) {
  return folder.size() == kBurstName;
}

NewFiles::Folder& NewFiles::usual_folder(std::string_view file) {
  const std::string_view name = file.substr(0, file.find('/'));
  if (name != usual_.name || is_removed(usual_.fd)) {
    usual_ = {std::string(name), make_folder(msg_, name)};
  }
  return usual_;
}

NewFiles::Folder& NewFiles::burst_folder(std::string_view name) {
  if (!burst_.fd || burst_.files == kInBurst || is_removed(burst_.fd)) {
    name = name.substr(0, kBurstName);
    burst_ = {std::string(name), make_folder(msg_, name)};
  }
  ++burst_.files;
  return burst_;
}

Fd NewFiles::folder_of(std::string_view name) {
  return usual_folder(message_file_name(name)).fd.duplicate();
}

// Twice as many as the last time, if that was a moment ago; as many as there
// can be once more: it is a burst.
void NewFiles::make_ahead(Micros now) {
  const bool burst = batch_ == kMostAhead && now - made_ < kSoon;
  batch_ = now - made_ < kSoon ? std::min(2 * batch_, kMostAhead) : 1;
  made_ = now;
  while (ahead_.size() < batch_) {
    const std::string name = new_name();
    const Folder& folder = burst ? burst_folder(name)
                                 : usual_folder(message_file_name(name));
    ahead_.emplace_back(msg_, folder.fd, folder.name + "/" + name);
  }
}

MessageDraft NewFiles::take(Micros now) {
  if (now - made_ > kFresh) {
    ahead_.clear();
    burst_ = {};
  }
  while (!ahead_.empty() && is_removed(ahead_.front().fd)) ahead_.pop_front();
  if (ahead_.empty()) make_ahead(now);
  MessageDraft draft = std::move(ahead_.front());
  ahead_.pop_front();
  return draft;
}

}  // namespace mail::store
