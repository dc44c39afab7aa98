// A list of what is left, not of what is taken: everything else says EPERM,
// what only an intruder does kills.  Calls whose arguments lie in memory,
// where a filter cannot look, say ENOSYS: the C library then takes the older
// one that it can (clone for clone3).

#include "base/syscall_filter.h"

#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <memory>
#include <span>

#include "base/fault.h"
#include "base/log.h"

namespace mail {
namespace {

// Memory, threads, time, polling, and work on descriptors that are open.
constexpr int kAlways[] = {
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(preadv),
    SCMP_SYS(preadv2),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(pwritev),
    SCMP_SYS(pwritev2),
    SCMP_SYS(sendfile),
    SCMP_SYS(copy_file_range),
    SCMP_SYS(splice),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(close_range),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(fcntl),
    SCMP_SYS(flock),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(sync_file_range),
    SCMP_SYS(fallocate),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fadvise64),
    SCMP_SYS(readahead),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(statx),
    SCMP_SYS(fstatfs),
    SCMP_SYS(statfs),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(umask),
    SCMP_SYS(pipe),
    SCMP_SYS(pipe2),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(eventfd),
    SCMP_SYS(eventfd2),
    SCMP_SYS(signalfd4),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(timerfd_gettime),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(shutdown),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(msync),
    SCMP_SYS(mlock),
    SCMP_SYS(mlock2),
    SCMP_SYS(munlock),
    SCMP_SYS(membarrier),
    SCMP_SYS(pkey_alloc),
    SCMP_SYS(pkey_free),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(get_robust_list),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(rseq),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getgroups),
    SCMP_SYS(getpgrp),
    SCMP_SYS(getrlimit),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(getcpu),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_getparam),
    SCMP_SYS(sched_getscheduler),
    SCMP_SYS(getpriority),
    SCMP_SYS(prctl),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(times),
    SCMP_SYS(alarm),
    SCMP_SYS(setitimer),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigpending),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(rt_sigsuspend),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(pause),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(wait4),
    SCMP_SYS(waitid),
};

// Names and rights of files; the paths decide where.
constexpr int kChange[] = {
    SCMP_SYS(unlink),   SCMP_SYS(unlinkat),  SCMP_SYS(rename),
    SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(link),
    SCMP_SYS(linkat),   SCMP_SYS(mkdir),     SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),    SCMP_SYS(chmod),     SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat), SCMP_SYS(truncate),  SCMP_SYS(utime),
    SCMP_SYS(utimes),   SCMP_SYS(utimensat), SCMP_SYS(futimesat),
};

constexpr int kList[] = {SCMP_SYS(getdents), SCMP_SYS(getdents64)};

constexpr int kWatch[] = {
    SCMP_SYS(inotify_init),
    SCMP_SYS(inotify_init1),
    SCMP_SYS(inotify_add_watch),
    SCMP_SYS(inotify_rm_watch),
};

constexpr int kTooNew[] = {SCMP_SYS(clone3), SCMP_SYS(openat2)};

constexpr int kKilled[] = {
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(memfd_create),
    SCMP_SYS(reboot),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(personality),
};

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

void check(int result, const char* doing) {
  if (result == 0) return;
  errno = -result;
  throw_errno(doing);
}

void add(const Filter& filter, std::uint32_t action, int call,
         std::initializer_list<scmp_arg_cmp> conditions = {}) {
  check(
      seccomp_rule_add_array(
          filter.get(), action, call, static_cast<unsigned>(conditions.size()),
          conditions.size() == 0 ? nullptr : &*conditions.begin()),
      "seccomp_rule_add");
}

void add_all(const Filter& filter, std::uint32_t action,
             std::span<const int> calls) {
  for (const int call : calls) add(filter, action, call);
}

scmp_arg_cmp flags(unsigned argument, int mask, int value) {
  return SCMP_CMP(argument, SCMP_CMP_MASKED_EQ,
                  static_cast<std::uint64_t>(mask),
                  static_cast<std::uint64_t>(value));
}

// open and openat by their flags, which stand in another place in each.  A
// filter reads the flags only, not the path; openat2 keeps its flags in
// memory, so it stays ENOSYS.
void add_opening(const Filter& filter, Opening opening) {
  constexpr int kMakes = O_CREAT | O_EXCL;
  struct Call {
    int number;
    unsigned flags_at;
  };
  for (const Call call : {Call{SCMP_SYS(open), 1}, Call{SCMP_SYS(openat), 2}}) {
    if (opening == Opening::Anything) {
      add(filter, SCMP_ACT_ALLOW, call.number);
      continue;
    }
    if (opening == Opening::ReadOnly || opening == Opening::ReadOrMake) {
      add(filter, SCMP_ACT_ALLOW, call.number,
          {flags(call.flags_at, O_ACCMODE | O_TRUNC | O_CREAT, O_RDONLY)});
    }
    if (opening == Opening::ReadOrMake) {
      add(filter, SCMP_ACT_ALLOW, call.number,
          {flags(call.flags_at, kMakes | O_TRUNC, kMakes)});
    }
  }
}

// socket() and socketpair() by their family.  bind() is for the resolver's
// ports, and for the source of what leaves (Landlock says which for TCP).
void add_sockets(const Filter& filter, Sockets sockets) {
  const bool local = sockets != Sockets::None;
  const bool network = sockets == Sockets::Network;
  if (network) add(filter, SCMP_ACT_ALLOW, SCMP_SYS(bind));
  if (local) {
    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(connect));
    for (const int call : {SCMP_SYS(socket), SCMP_SYS(socketpair)}) {
      add(filter, SCMP_ACT_ALLOW, call, {SCMP_A0(SCMP_CMP_EQ, AF_UNIX)});
    }
  }
  if (!network) return;
  for (const int family : {AF_INET, AF_INET6}) {
    for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
      // SOCK_CLOEXEC and SOCK_NONBLOCK apart; no raw sockets.
      add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket),
          {SCMP_A0(SCMP_CMP_EQ, static_cast<std::uint64_t>(family)),
           flags(1, 0xf, type)});
    }
  }
}

// Nothing writable becomes code, no process is made (threads are); signals
// (abort()), limits and priorities are for this process only, though others
// of the same user run beside it.
void add_conditions(const Filter& filter) {
  for (const int call :
       {SCMP_SYS(mmap), SCMP_SYS(mprotect), SCMP_SYS(pkey_mprotect)}) {
    add(filter, SCMP_ACT_ALLOW, call, {flags(2, PROT_EXEC, 0)});
  }
  constexpr int kThread = 0x00010000;  // CLONE_THREAD
  add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), {flags(0, kThread, kThread)});
  add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill),
      {SCMP_A0(SCMP_CMP_EQ, static_cast<std::uint64_t>(::getpid()))});
  for (const int call : {SCMP_SYS(prlimit64), SCMP_SYS(sched_setscheduler)}) {
    add(filter, SCMP_ACT_ALLOW, call, {SCMP_A0(SCMP_CMP_EQ, 0)});
  }
  add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setpriority),
      {SCMP_A0(SCMP_CMP_EQ, PRIO_PROCESS), SCMP_A1(SCMP_CMP_EQ, 0)});
  constexpr int kReadCount = 0x541b;    // FIONREAD
  constexpr int kNotBlocking = 0x5421;  // FIONBIO
  for (const int request : {kReadCount, kNotBlocking}) {
    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl),
        {SCMP_A1(SCMP_CMP_EQ, static_cast<std::uint64_t>(request))});
  }
}

}  // namespace

void restrict_calls(const Rights& rights) {
  Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (!filter) throw Fault("seccomp_init");
  add_all(filter, SCMP_ACT_ALLOW, kAlways);
  if (rights.change) add_all(filter, SCMP_ACT_ALLOW, kChange);
  if (rights.list) add_all(filter, SCMP_ACT_ALLOW, kList);
  if (rights.watch) add_all(filter, SCMP_ACT_ALLOW, kWatch);
  add_all(filter, SCMP_ACT_ERRNO(ENOSYS), kTooNew);
  add_all(filter, SCMP_ACT_KILL_PROCESS, kKilled);
  add_opening(filter, rights.opening);
  add_sockets(filter, rights.sockets);
  add_conditions(filter);
  const int result = seccomp_load(filter.get());
  if (result == -ENOSYS || result == -EINVAL) {
    log_warn("no-seccomp", {{"role", rights.role}});
    return;
  }
  check(result, "seccomp_load");
}

}  // namespace mail
