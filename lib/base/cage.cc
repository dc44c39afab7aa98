#include "base/cage.h"

#include <sys/stat.h>

#include "base/fault.h"
#include "base/landlock.h"
#include "base/syscall_filter.h"

namespace mail {
namespace {

// The links of /proc/self/task: itself, its parent, and one a thread.
bool single_threaded() {
  struct stat status{};
  return ::stat("/proc/self/task", &status) != 0 || status.st_nlink <= 3;
}

}  // namespace

void close_cage(const Rights& rights) {
  if (!single_threaded()) throw Fault("the cage closes behind a thread");
  restrict_files(rights);
  restrict_calls(rights);
}

}  // namespace mail
