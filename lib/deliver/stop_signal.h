// A descriptor that becomes readable when SIGTERM or SIGINT has come, in place
// of what the signal does else.  Before any thread.
#pragma once

#include "base/fd.h"

namespace mail::deliver {

Fd stop_signal();

}  // namespace mail::deliver
