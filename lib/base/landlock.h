// Landlock: the half of the cage that says which files.
//
// Used by base/cage.cc only.
#pragma once

#include "base/cage.h"

namespace mail {

// Refuses every file outside rights.paths, and there all but what they say;
// TCP connections for roles without network; signals to and abstract sockets
// of processes outside.  As far as the kernel knows these.
void restrict_files(const Rights& rights);

}  // namespace mail
