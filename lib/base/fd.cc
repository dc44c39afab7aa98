#include "base/fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/fault.h"

namespace mail {
namespace {

// Calls `attempt` again for as long as a signal interrupts it.
template <class Attempt>
ssize_t undisturbed(Attempt attempt) {
  ssize_t result;
  do {
    result = attempt();
  } while (result < 0 && errno == EINTR);
  return result;
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    close();
    number_ = other.release();
  }
  return *this;
}

Fd Fd::duplicate() const {
  Fd other(::fcntl(number_, F_DUPFD_CLOEXEC, 0));
  if (!other) throw_errno("dup");
  return other;
}

int Fd::release() { return std::exchange(number_, -1); }

void Fd::close() {
  if (number_ >= 0) ::close(release());
}

void Fd::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = undisturbed(
        [&] { return ::write(number_, bytes.data(), bytes.size()); });
    if (n < 0) throw_errno("write");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void Fd::write_at(std::string_view bytes, std::int64_t offset) const {
  while (!bytes.empty()) {
    const ssize_t n = undisturbed(
        [&] { return ::pwrite(number_, bytes.data(), bytes.size(), offset); });
    if (n < 0) throw_errno("write");
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += n;
  }
}

std::string Fd::read_at(std::int64_t offset, std::size_t size) const {
  std::string bytes(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ssize_t n = undisturbed([&] {
      return ::pread(number_, bytes.data() + have, size - have,
                     offset + static_cast<std::int64_t>(have));
    });
    if (n < 0) throw_errno("read");
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  bytes.resize(have);
  return bytes;
}

std::int64_t Fd::size() const {
  struct stat status {};
  if (::fstat(number_, &status) != 0) throw_errno("fstat");
  return status.st_size;
}

void Fd::sync() const {
  // Never repeated on the same descriptor: after an error the kernel may have
  // dropped the pages and would say yes.
  if (::fsync(number_) != 0) throw_errno("fsync");
}

void Fd::truncate(std::int64_t size) const {
  if (undisturbed([&] { return ::ftruncate(number_, size); }) != 0) {
    throw_errno("ftruncate");
  }
}

Fd open_file(const std::string& path, int flags, mode_t mode) {
  Fd fd(static_cast<int>(undisturbed(
      [&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); })));
  if (!fd) throw_errno("open " + path);
  return fd;
}

Fd open_at(const Fd& folder, const std::string& name, int flags,
           mode_t mode) {
  Fd fd(static_cast<int>(undisturbed([&] {
    return ::openat(folder.number(), name.c_str(), flags | O_CLOEXEC, mode);
  })));
  if (!fd) throw_errno("open " + name);
  return fd;
}

Fd open_folder(const std::string& path) {
  return open_file(path, O_RDONLY | O_DIRECTORY);
}

}  // namespace mail
