// Fault: the one exception type of this project.
//
// Thrown when the machine lets us down.  Caught in three places only: around
// one command (answered 4xx or NO), around one session (logged, closed), and
// in main (logged, exit 75 so that the sender tries again).
#pragma once

#include <stdexcept>
#include <string>

namespace mail {

class Fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The disk, the inodes or the quota of the file system ran out: 452 or
// NO [OVERQUOTA] rather than the plain "try again" of a Fault.
class NoSpace : public Fault {
 public:
  using Fault::Fault;
};

// Throws a Fault that reads "<doing>: <text of errno>"; a NoSpace when errno
// is ENOSPC or EDQUOT.
[[noreturn]] void throw_errno(const std::string& doing);

// Aborts.  For conditions that only a bug can bring about.
void require(bool invariant, const char* what);

}  // namespace mail
