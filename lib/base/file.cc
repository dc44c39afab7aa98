#include "base/file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/base32.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/random.h"

namespace mail {
namespace {

constexpr std::size_t kPiece = 64 << 10;

}  // namespace

std::optional<std::string> read_file(const std::string& path,
                                     std::size_t limit) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT) return std::nullopt;
    throw_errno("open " + path);
  }
  // Piece by piece: a limit of megabytes must not cost them.
  std::string bytes, piece;
  do {
    piece = file.read_at(static_cast<std::int64_t>(bytes.size()), kPiece);
    bytes += piece;
    if (bytes.size() > limit) throw Fault(path + ": larger than expected");
  } while (piece.size() == kPiece);
  return bytes;
}

void replace_file(const std::string& path, std::string_view bytes,
                  mode_t mode) {
  const std::string draft = path + "." + base32(random_number(), 8);
  const Fd file =
      open_file(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  file.write(bytes);
  file.sync();
  if (::rename(draft.c_str(), path.c_str()) != 0) {
    throw_errno("rename " + draft);
  }
  const auto parent = std::filesystem::path(path).parent_path().string();
  open_folder(parent.empty() ? "." : parent).sync();
}

bool syncs_its_name(const Fd& file) {
  struct statfs system{};
  return ::fstatfs(file.number(), &system) == 0 &&
         (system.f_type == EXT4_SUPER_MAGIC ||
          system.f_type == XFS_SUPER_MAGIC);
}

void sync_new(const Fd& file, const Fd& folder) {
  file.sync();
  if (!syncs_its_name(file)) folder.sync();
}

void sync_new(const Fd& file, const std::string& folder) {
  file.sync();
  if (!syncs_its_name(file)) open_folder(folder).sync();
}

void begin_sync(const Fd& file) {
  ::sync_file_range(file.number(), 0, 0, SYNC_FILE_RANGE_WRITE);
}

void make_folders(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return;
  const auto parent = std::filesystem::path(path).parent_path().string();
  if (errno != ENOENT || parent.empty() || parent == path) {
    throw_errno("mkdir " + path);
  }
  make_folders(parent, mode);
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    throw_errno("mkdir " + path);
  }
}

// A wish: what cannot be granted changes nothing but speed.
void scatter_folders(const std::string& folder) {
  const Fd file = open_folder(folder);
  int flags = 0;
  if (::ioctl(file.number(), FS_IOC_GETFLAGS, &flags) != 0) return;
  flags |= FS_TOPDIR_FL;
  ::ioctl(file.number(), FS_IOC_SETFLAGS, &flags);
}

std::vector<std::string> list_folder(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    names.push_back(entry.path().filename().string());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw Fault("list " + path + ": " + error.message());
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace mail
