// ServerTime: what a server's processes have cost the processor.
#pragma once

namespace mail::bench {

// Seconds of user and system time of a process and all that it started,
// those that have ended included; 0 for no process.
double processor_seconds(int pid);

}  // namespace mail::bench
