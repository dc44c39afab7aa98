// A sender that reaches no server: it does as addresses tell it.
//
//   later-...@...       is put off (450)       no-...@...   is refused (550)
//   ...@dead...         nobody is there        ...@gone...  no such domain
//   hang-...@...        is answered when the file LOG.go is there; makes the
//                       file LOG.hangs
//   die-once-...@...    ends the sender, once; die-always-...@...: each time
//
// All others arrive: a line "ID ADDRESS" goes to `log`.
#pragma once

#include <string>

#include "base/fd.h"

namespace mail::deliver {

int run_scripted_sender(const Fd& socket, const std::string& log);

}  // namespace mail::deliver
