#include "base/disk_room.h"

#include <sys/statvfs.h>

#include <algorithm>

#include "base/fault.h"

namespace mail {
namespace {

constexpr std::uint64_t kMinimumInodes = 1000;
constexpr int kStaysFree = 50;  // one part of so many

}  // namespace

bool has_room(const Fd& there, std::int64_t size, std::int64_t minimum) {
  struct statvfs disk{};
  if (::fstatvfs(there.number(), &disk) != 0) throw_errno("fstatvfs");
  const auto block = static_cast<std::int64_t>(disk.f_frsize);
  const auto free = static_cast<std::int64_t>(disk.f_bavail) * block;
  const auto all = static_cast<std::int64_t>(disk.f_blocks) * block;
  // File systems without a fixed number of inodes say 0.
  if (disk.f_files > 0 && disk.f_favail < kMinimumInodes) return false;
  return free - size >= std::max(minimum, all / kStaysFree);
}

}  // namespace mail
