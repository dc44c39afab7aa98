#include "base/mapping.h"

#include <sys/mman.h>

#include "base/fault.h"

namespace mail {
namespace {

constexpr std::size_t kPage = 4096;

}  // namespace

Mapping::Mapping(const Fd& file, std::size_t length) : length_(length) {
  if (length == 0) return;
  if (file.size() < static_cast<std::int64_t>(length)) {
    throw Fault("a file is shorter than it should be");
  }
  bytes_ = ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE, file.number(), 0);
  if (bytes_ == MAP_FAILED) throw_errno("mmap of a file");
}

Mapping::~Mapping() {
  if (length_ > 0) ::munmap(bytes_, length_);
}

void Mapping::let_go(std::size_t offset) const {
  ::madvise(bytes_, offset & ~(kPage - 1), MADV_DONTNEED);
}

}  // namespace mail
