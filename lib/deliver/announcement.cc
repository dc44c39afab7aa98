#include "deliver/announcement.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/fault.h"

namespace mail::deliver {
namespace {

constexpr std::size_t kRoom = 60;

}  // namespace

// A cache line; the length is written last.
struct Announcements::Slot {
  std::atomic<std::uint32_t> length;
  char id[kRoom];
};

Announcements::Announcements(std::size_t workers)
    : size_(workers * sizeof(Slot)) {
  void* memory = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw_errno("shared memory");
  slots_ = static_cast<Slot*>(memory);  // zeroes: nothing is announced
}

Announcements::~Announcements() { ::munmap(slots_, size_); }

void Announcements::announce(std::size_t worker, std::string_view id) {
  Slot& slot = slots_[worker];
  const std::size_t length = std::min(id.size(), kRoom);
  std::memcpy(slot.id, id.data(), length);
  slot.length.store(static_cast<std::uint32_t>(length));
}

void Announcements::clear(std::size_t worker) { slots_[worker].length = 0; }

std::string Announcements::take(std::size_t worker) {
  Slot& slot = slots_[worker];
  const std::size_t length = std::min<std::size_t>(slot.length, kRoom);
  slot.length = 0;
  return {slot.id, length};
}

}  // namespace mail::deliver
