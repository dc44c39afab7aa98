#include "base/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/fault.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/process.h"
#include "base/readiness.h"

namespace mail {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

constexpr seconds kLongestPause{60};
constexpr seconds kGoodLife{60};
constexpr milliseconds kTick{1000};

// 0, 1, 2, 4 ... 60 s for the first, second, third ... failure in a row.
seconds pause_after(int failures) {
  if (failures <= 1) return seconds(0);
  return std::min(kLongestPause, seconds(1 << std::min(failures - 2, 6)));
}

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) {
    sigaddset(&set, signal);
  }
  return set;
}

}  // namespace

Supervisor::Supervisor() {
  const sigset_t set = watched();
  if (sigprocmask(SIG_BLOCK, &set, &before_) != 0) throw_errno("sigprocmask");
  signals_ = Fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) throw_errno("signalfd");
}

Supervisor::~Supervisor() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

int Supervisor::add(Child child) {
  const int number = next_++;
  Kept kept;
  kept.child = std::move(child);
  kept.due = SteadyClock::now();
  children_.emplace(number, std::move(kept));
  return number;
}

void Supervisor::retire(int child) {
  const auto found = children_.find(child);
  if (found != children_.end()) found->second.retired = true;
}

void Supervisor::send(int child, int signal) {
  const pid_t process = pid(child);
  if (process > 0) ::kill(process, signal);
}

void Supervisor::send_all(int signal) {
  for (const auto& [number, kept] : children_) send(number, signal);
}

void Supervisor::renew_all() {
  for (auto& [number, kept] : children_) kept.renewing = kept.pid > 0;
  send_all(SIGTERM);
}

pid_t Supervisor::pid(int child) const {
  const auto found = children_.find(child);
  return found == children_.end() ? 0 : found->second.pid;
}

int Supervisor::run() {
  SteadyClock::time_point ticked = SteadyClock::now();
  while (!stopping_) {
    forget_retired();
    if (children_.empty()) return 0;
    start_due();
    if (!std::exchange(told_ready_, true)) tell_ready();
    take_signals(std::min(until_due(), kTick));
    reap();
    if (tick_ && SteadyClock::now() - ticked >= kTick) {
      ticked = SteadyClock::now();
      tick_();
    }
  }
  tell_stopping();
  end_all();
  return 0;
}

void Supervisor::hang_up() {
  if (!hangup_) return;
  tell_reloading();
  hangup_();
  tell_ready();
}

void Supervisor::forget_retired() {
  std::erase_if(children_, [](const auto& entry) {
    return entry.second.retired && entry.second.pid == 0;
  });
}

void Supervisor::start_due() {
  const auto now = SteadyClock::now();
  for (auto& [number, kept] : children_) {
    if (kept.pid == 0 && !kept.retired && kept.due <= now) start(number, kept);
  }
}

void Supervisor::start(int number, Kept& kept) {
  if (kept.child.prepare) kept.child.prepare();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    use_metrics_column(number);
    become(kept.child, parent);
  }
  kept.started = SteadyClock::now();
  if (child < 0) {
    log_error("fork-failed", {{"child", kept.child.name}, {"errno", errno}});
    kept.due = kept.started + pause_after(++kept.failures + 1);
    return;
  }
  kept.pid = child;
}

void Supervisor::become(const Child& child, pid_t parent) {
  // The death of the parent between fork and prctl is seen by getppid.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(EX_TEMPFAIL);
  signals_.close();
  sigprocmask(SIG_SETMASK, &before_, nullptr);
  int code = 0;
  if (child.run) code = guarded(child.name.c_str(), child.run);
  if (code == 0 && !child.argv.empty()) {
    std::vector<char*> argv;
    for (const std::string& word : child.argv) {
      argv.push_back(const_cast<char*>(word.c_str()));
    }
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    log_error("exec-failed", {{"program", child.argv[0]}, {"errno", errno}});
    code = EX_UNAVAILABLE;
  }
  ::_exit(code);
}

void Supervisor::reap() {
  for (;;) {
    int status = 0;
    const pid_t process = ::waitpid(-1, &status, WNOHANG);
    if (process <= 0) return;
    const auto found = std::ranges::find_if(
        children_, [&](const auto& e) { return e.second.pid == process; });
    if (found != children_.end()) bury(found->first, found->second, status);
  }
}

void Supervisor::bury(int number, Kept& kept, int status) {
  Death death{number, kept.child.name, std::exchange(kept.pid, 0), 0, 0};
  if (WIFSIGNALED(status)) death.signal = WTERMSIG(status);
  if (WIFEXITED(status)) death.code = WEXITSTATUS(status);

  const auto now = SteadyClock::now();
  if (now - kept.started >= kGoodLife) kept.failures = 0;
  const bool renewed = std::exchange(kept.renewing, false);
  kept.retired = kept.retired || kept.child.once;
  const auto pause = renewed ? seconds(0) : pause_after(++kept.failures);
  kept.due = now + pause;
  const bool expected = stopping_ || kept.retired || renewed;
  if (!expected) {
    count(Metric::ProcessDeaths, death.signal ? "signal" : "exit");
    log_warn("child-died", {{"child", death.name},
                            {"pid", death.pid},
                            {"code", death.code},
                            {"signal", death.signal},
                            {"again_in", pause.count()}});
  }
  if (death_) death_(death);
}

void Supervisor::take_signals(milliseconds at_most) {
  pollfd ready{signals_.number(), POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(at_most.count())) <= 0) return;
  signalfd_siginfo signal;
  while (::read(signals_.number(), &signal, sizeof signal) ==
         static_cast<ssize_t>(sizeof signal)) {
    if (signal.ssi_signo == SIGTERM || signal.ssi_signo == SIGINT) stop();
    if (signal.ssi_signo == SIGHUP) hang_up();
  }
}

milliseconds Supervisor::until_due() const {
  milliseconds least = kLongestPause;
  const auto now = SteadyClock::now();
  for (const auto& [number, kept] : children_) {
    if (kept.pid != 0) continue;
    const auto left = std::chrono::ceil<milliseconds>(kept.due - now);
    least = std::clamp(left, milliseconds(0), least);
  }
  return least;
}

bool Supervisor::any_alive() const {
  return std::ranges::any_of(
      children_, [](const auto& entry) { return entry.second.pid != 0; });
}

void Supervisor::end_all() {
  send_all(SIGTERM);
  const auto last = SteadyClock::now() + grace_;
  while (any_alive() && SteadyClock::now() < last) {
    const auto left =
        std::chrono::ceil<milliseconds>(last - SteadyClock::now());
    take_signals(std::clamp(left, milliseconds(0), kTick));
    reap();
  }
  if (!any_alive()) return;
  log_warn("children-killed", {});
  send_all(SIGKILL);
  while (any_alive()) {
    take_signals(milliseconds(100));
    reap();
  }
}

}  // namespace mail
