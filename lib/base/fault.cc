#include "base/fault.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace mail {

void throw_errno(const std::string& doing) {
  const int error = errno;
  const std::string text =
      doing + ": " + std::generic_category().message(error);
  if (error == ENOSPC || error == EDQUOT) throw NoSpace(text);
  throw Fault(text);
}

void require(bool invariant, const char* what) {
  if (invariant) return;
  std::fprintf(stderr, "level=error event=bug what=\"%s\"\n", what);
  std::abort();
}

}  // namespace mail
