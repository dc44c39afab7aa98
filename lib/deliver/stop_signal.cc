#include "deliver/stop_signal.h"

#include <signal.h>
#include <sys/signalfd.h>

#include "base/fault.h"

namespace mail::deliver {

Fd stop_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  if (sigprocmask(SIG_BLOCK, &signals, nullptr) != 0) {
    throw_errno("sigprocmask");
  }
  Fd fd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) throw_errno("signalfd");
  return fd;
}

}  // namespace mail::deliver
