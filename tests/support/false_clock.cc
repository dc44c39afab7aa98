#include "tests/support/false_clock.h"

#include <dlfcn.h>
#include <sys/mman.h>

#include <atomic>
#include <ctime>

namespace {

using Offset = std::atomic<std::int64_t>;  // seconds

// Shared with the processes this one forks.
Offset& offset() {
  static Offset* const page = static_cast<Offset*>(
      ::mmap(nullptr, sizeof(Offset), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  return *page;
}

}  // namespace

// In front of the C library's.
extern "C" int clock_gettime(clockid_t which, timespec* now) noexcept {
  using Function = int (*)(clockid_t, timespec*);
  static const auto real =
      reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "clock_gettime"));
  const int failed = real(which, now);
  if (which == CLOCK_REALTIME && failed == 0) now->tv_sec += offset();
  return failed;
}

namespace mail {

void set_clock(Micros step) { offset() += step / kSecond; }
ClockRestorer::~ClockRestorer() { offset() = 0; }

}  // namespace mail
