#include "store/account_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "base/fault.h"
#include "store/account_gone.h"

namespace mail::store {
namespace {

constexpr Micros kPatience = 10 * kSecond;
constexpr Micros kShortPatience = kSecond;
constexpr std::chrono::milliseconds kBetweenTries{20};

Fd open_lock(const std::string& folder) {
  const std::string path = folder + "/lock";
  Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!file && errno == ENOENT) throw AccountGone(folder);
  if (!file) throw_errno("open " + path);
  return file;
}

bool try_lock(const Fd& file, int how) {
  while (::flock(file.number(), how | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) throw_errno("flock");
  }
  return true;
}

bool is_wanted_alone(const std::string& folder) {
  const auto number = ModseqFile::look(folder);
  return number && *number < 0 && ModseqFile(folder).wanted(wall_time());
}

// Whether the account was removed before we had the lock.
bool is_gone(const Fd& file) {
  struct stat about{};
  return ::fstat(file.number(), &about) != 0 || about.st_nlink == 0;
}

}  // namespace

SharedLock::SharedLock(const std::string& folder) : file_(open_lock(folder)) {
  const Micros end = steady_time() + kShortPatience;
  while (is_wanted_alone(folder) || !try_lock(file_, LOCK_SH)) {
    if (steady_time() >= end) {
      throw Fault("busy: an administrator holds the account");
    }
    std::this_thread::sleep_for(kBetweenTries);
  }
  if (store::is_gone(file_)) throw AccountGone(folder);
}

bool SharedLock::is_gone() const { return store::is_gone(file_); }

ExclusiveLock::ExclusiveLock(const std::string& folder)
    : file_(open_lock(folder)), number_(folder) {
  const Modseq before = number_.read();
  modseq_ = before > 0 ? before : 0;
  const Micros end = steady_time() + kPatience;
  while (true) {
    // Again each time: a commit that was under way has overwritten it.
    number_.want_until(wall_time() + kPatience);
    if (try_lock(file_, LOCK_EX)) break;
    if (steady_time() >= end) {
      number_.set(modseq_);
      throw Fault("busy: the account is in use");
    }
    std::this_thread::sleep_for(kBetweenTries);
  }
  if (is_gone(file_)) throw AccountGone(folder);
}

ExclusiveLock::~ExclusiveLock() { number_.set(modseq_); }

}  // namespace mail::store
