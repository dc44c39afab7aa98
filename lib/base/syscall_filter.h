// The system call filter: the half of the cage that says which calls.
//
// Used by base/cage.cc only.
#pragma once

#include "base/cage.h"

namespace mail {

// Leaves the calls every role needs, and those `rights` name.  Throws Fault
// when the process has more than one thread.
void restrict_calls(const Rights& rights);

}  // namespace mail
