// tracer - runs a program and stops it, or fails it, at a system call.
//
//   tracer --kill K -- PROGRAM ...       kill -9 of all its processes before
//                                        the K-th call that changes something
//   tracer --kill-one K -- PROGRAM ...   of that one process only
//   tracer --fail K --errno N -- ...     the K-th such call answers errno N
//     --every M                          and each M-th behind it; with several
//                                        --errno they take turns
//   tracer --shadow ROOT DIR -- ...      keeps in DIR what of ROOT was synced,
//                                        after each sync: a power cut
//
// Counted are the calls that change what others can see: between two of them
// it makes no difference where a process is killed.  It prints how many there
// were.  SIGTERM goes on to the program.  Seccomp stops it at these calls only
// (SECCOMP_RET_TRACE), so that all others run at full speed.

#include <dirent.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Registers = user_regs_struct;

constexpr std::array kChanging = {
    SYS_write,    SYS_pwrite64, SYS_writev,    SYS_fsync,    SYS_fdatasync,
    SYS_openat,   SYS_linkat,   SYS_unlinkat,  SYS_renameat, SYS_renameat2,
    SYS_mkdirat,  SYS_mkdir,    SYS_ftruncate, SYS_fallocate, SYS_unlink,
    SYS_rename,   SYS_link,     SYS_sendto,    SYS_sendmsg,  SYS_rmdir,
    SYS_fchmod,   SYS_fchown,   SYS_pwritev2,  SYS_open};

struct Options {
  long kill_at = 0;
  bool kill_one = false;
  long fail_at = 0;
  long fail_every = 0;
  std::vector<int> fail_with;
  std::string root;
  std::string shadow;
  std::vector<char*> command;
};

// The program, for the handler of SIGTERM.
volatile sig_atomic_t main_process = 0;

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(70);
}

std::string fd_path(pid_t pid, unsigned long long fd) {
  const std::string link =
      "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd);
  char path[4096];
  const ssize_t n = ::readlink(link.c_str(), path, sizeof path);
  return n < 0 ? "" : std::string(path, static_cast<std::size_t>(n));
}

bool makes_or_writes(unsigned long long flags) {
  return (flags & (O_CREAT | O_TRUNC)) != 0;
}

bool syncs(unsigned long long number) {
  return number == SYS_fsync || number == SYS_fdatasync;
}

// What was synced, and what names there are: a line a fact.
//
//   sync                        from here on the state below, if unchanged
//   data INODE FILE             FILE of the shadow has the synced bytes
//   named INODE PATH            and with it a name: ext4 and XFS sync the one
//                               that a new file was made with
//   dir PATH / entry INODE KIND NAME    the synced names of a folder
//   live / name INODE SIZE KIND PATH    every name there is just now
//   said TEXT                   a line written to standard output or a socket
class Shadow {
 public:
  Shadow(std::string root, std::string folder)
      : root_(std::move(root)), folder_(std::move(folder)) {
    if (root_.empty()) return;
    log_.open(folder_ + "/log");
  }

  bool active() const { return !root_.empty(); }

  void synced(const std::string& path) {
    if (path.compare(0, root_.size(), root_) != 0) return;
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return;
    if (S_ISDIR(status.st_mode)) {
      list_synced(path);
    } else {
      copy(path, status.st_ino);
    }
    log_ << "live\n";
    walk(root_);
    log_ << "sync" << std::endl;
  }

  void said(const std::string& text) { log_ << "said " << text << std::endl; }

 private:
  void copy(const std::string& path, ino_t inode) {
    const std::string name = "data" + std::to_string(++count_);
    std::ifstream in(path, std::ios::binary);
    std::ofstream(folder_ + "/" + name, std::ios::binary) << in.rdbuf();
    log_ << "data " << inode << ' ' << name << '\n';
    log_ << "named " << inode << ' ' << path << '\n';
  }

  static char kind_of(const dirent& entry) {
    return entry.d_type == DT_DIR ? 'd' : entry.d_type == DT_REG ? 'f' : 'x';
  }

  void list_synced(const std::string& path) {
    log_ << "dir " << path << '\n';
    DIR* dir = ::opendir(path.c_str());
    while (const dirent* entry = dir ? ::readdir(dir) : nullptr) {
      if (entry->d_name[0] == '.') continue;
      log_ << "entry " << entry->d_ino << ' ' << kind_of(*entry) << ' '
           << entry->d_name << '\n';
    }
    if (dir) ::closedir(dir);
  }

  void walk(const std::string& path) {
    DIR* dir = ::opendir(path.c_str());
    while (const dirent* entry = dir ? ::readdir(dir) : nullptr) {
      if (entry->d_name[0] == '.') continue;
      const std::string below = path + "/" + entry->d_name;
      struct stat status {};
      if (::lstat(below.c_str(), &status) != 0) continue;
      log_ << "name " << entry->d_ino << ' ' << status.st_size << ' '
           << kind_of(*entry) << ' ' << below << '\n';
      if (entry->d_type == DT_DIR) walk(below);
    }
    if (dir) ::closedir(dir);
  }

  std::string root_;
  std::string folder_;
  std::ofstream log_;
  int count_ = 0;
};

class Tracer {
 public:
  explicit Tracer(const Options& options)
      : options_(options), shadow_(options.root, options.shadow) {}

  int run() {
    main_ = ::fork();
    if (main_ < 0) die("fork");
    if (main_ == 0) become_traced();
    main_process = main_;
    int status = 0;
    if (::waitpid(main_, &status, 0) != main_) die("waitpid");
    ::ptrace(PTRACE_SETOPTIONS, main_, 0,
             PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                 PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP |
                 PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    known_.insert(main_);
    go_on(main_, PTRACE_CONT, 0);
    while (one_event()) {
    }
    std::printf("%ld\n", count_);
    return code_;
  }

 private:
  [[noreturn]] void become_traced() {
    ::ptrace(PTRACE_TRACEME, 0, 0, 0);
    ::raise(SIGSTOP);
    const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    for (const long number : kChanging) {
      seccomp_rule_add(filter, SCMP_ACT_TRACE(1), static_cast<int>(number),
                       0);
    }
    if (seccomp_load(filter) != 0) die("seccomp_load");
    ::execv(options_.command[0], options_.command.data());
    die(options_.command[0]);
  }

  static void go_on(pid_t pid, __ptrace_request how, int signal) {
    ::ptrace(how, pid, 0, static_cast<long>(signal));
  }

  bool one_event() {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, __WALL);
    if (pid < 0 && errno == EINTR) return true;
    if (pid < 0) return false;
    if (!WIFSTOPPED(status)) {
      if (pid == main_) {
        code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
      }
      known_.erase(pid);
      return true;
    }
    stopped(pid, status);
    return true;
  }

  void stopped(pid_t pid, int status) {
    const int event = status >> 16;
    const int signal = WSTOPSIG(status);
    if (event == PTRACE_EVENT_SECCOMP) return entered(pid);
    if (signal == (SIGTRAP | 0x80)) return left(pid);
    const bool born = known_.insert(pid).second;
    const bool silent = event != 0 || (born && signal == SIGSTOP);
    go_on(pid, PTRACE_CONT, silent ? 0 : signal);
  }

  static Registers registers(pid_t pid) {
    Registers r{};
    ::ptrace(PTRACE_GETREGS, pid, 0, &r);
    return r;
  }

  // Whether the call changes something outside of the process.
  static bool counts(pid_t pid, const Registers& r) {
    switch (r.orig_rax) {
      case SYS_openat: return makes_or_writes(r.rdx);
      case SYS_open: return makes_or_writes(r.rsi);
      case SYS_write:
      case SYS_writev: {
        // Standard output and error are no state; nor are eventfds.
        const std::string path = fd_path(pid, r.rdi);
        return r.rdi > 2 && path.compare(0, 10, "anon_inode") != 0;
      }
      default: return true;
    }
  }

  // Whether a full or broken disk could make it fail.
  static bool can_fail(pid_t pid, const Registers& r) {
    if (r.orig_rax == SYS_sendto || r.orig_rax == SYS_sendmsg) return false;
    if (r.orig_rax != SYS_write && r.orig_rax != SYS_writev) return true;
    const std::string path = fd_path(pid, r.rdi);
    return path.empty() || path.front() == '/';
  }

  void entered(pid_t pid) {
    Registers r = registers(pid);
    const bool speaks = (r.orig_rax == SYS_write && r.rdi == 1) ||
                        r.orig_rax == SYS_sendto;
    if (shadow_.active() && speaks) note_output(pid, r);
    const bool wanted = options_.fail_at ? counts(pid, r) && can_fail(pid, r)
                                         : counts(pid, r);
    if (!wanted) return go_on(pid, PTRACE_CONT, 0);
    ++count_;
    if (count_ == options_.kill_at) return kill(pid);
    if (fails_now()) return fail(pid, r);
    const bool watch = shadow_.active() && syncs(r.orig_rax);
    if (watch) syncing_[pid] = fd_path(pid, r.rdi);
    go_on(pid, watch ? PTRACE_SYSCALL : PTRACE_CONT, 0);
  }

  bool fails_now() const {
    const long behind = count_ - options_.fail_at;
    if (options_.fail_at == 0 || behind < 0) return false;
    return behind == 0 ||
           (options_.fail_every > 0 && behind % options_.fail_every == 0);
  }

  void fail(pid_t pid, Registers r) {
    const auto& errors = options_.fail_with;
    const int error = errors[failed_++ % errors.size()];
    std::fprintf(stderr, "tracer: call %llu of %d fails by %d on %s\n",
                 r.orig_rax, pid, error, fd_path(pid, r.rdi).c_str());
    r.rax = static_cast<unsigned long long>(-error);
    r.orig_rax = static_cast<unsigned long long>(-1);
    ::ptrace(PTRACE_SETREGS, pid, 0, &r);
    go_on(pid, PTRACE_CONT, 0);
  }

  void left(pid_t pid) {
    const auto found = syncing_.find(pid);
    if (found != syncing_.end()) {
      if (registers(pid).rax == 0) shadow_.synced(found->second);
      syncing_.erase(found);
    }
    go_on(pid, PTRACE_CONT, 0);
  }

  // What a peer is told counts from here on: line by line, if it is text.
  void note_output(pid_t pid, const Registers& r) {
    std::string text(std::min<std::size_t>(r.rdx, 4096), '\0');
    iovec here{text.data(), text.size()};
    iovec there{reinterpret_cast<void*>(r.rsi), text.size()};
    if (::process_vm_readv(pid, &here, 1, &there, 1, 0) <= 0) return;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.ends_with('\r')) line.pop_back();
      const auto plain = [](char c) { return c >= ' ' && c < 0x7f; };
      if (std::ranges::all_of(line, plain)) shadow_.said(line);
    }
  }

  void kill(pid_t pid) {
    const Registers r = registers(pid);
    std::fprintf(stderr, "tracer: killed before call %llu on %s\n", r.orig_rax,
                 fd_path(pid, r.rdi).c_str());
    if (options_.kill_one) {
      ::kill(pid, SIGKILL);  // the process, whichever thread it is
      return;
    }
    for (const pid_t one : known_) ::kill(one, SIGKILL);
  }

  const Options& options_;
  Shadow shadow_;
  pid_t main_ = 0;
  int code_ = 0;
  long count_ = 0;
  std::size_t failed_ = 0;
  std::set<pid_t> known_;
  std::map<pid_t, std::string> syncing_;
};

Options parse(int argc, char** argv) {
  Options options;
  int i = 1;
  for (; i < argc && std::strcmp(argv[i], "--") != 0; ++i) {
    const std::string word = argv[i];
    if (i + 1 >= argc) break;
    if (word == "--kill" || word == "--kill-one") {
      options.kill_at = std::atol(argv[++i]);
      options.kill_one = word == "--kill-one";
    } else if (word == "--fail") {
      options.fail_at = std::atol(argv[++i]);
    } else if (word == "--errno") {
      options.fail_with.push_back(std::atoi(argv[++i]));
    } else if (word == "--every") {
      options.fail_every = std::atol(argv[++i]);
    } else if (word == "--shadow" && i + 2 < argc) {
      options.root = argv[++i];
      options.shadow = argv[++i];
    }
  }
  if (options.fail_with.empty()) options.fail_with = {ENOSPC};
  for (++i; i < argc; ++i) options.command.push_back(argv[i]);
  options.command.push_back(nullptr);
  if (options.command.size() < 2) {
    std::fprintf(stderr, "usage: tracer [options] -- program ...\n");
    std::exit(64);
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  struct sigaction stop {};
  stop.sa_handler = [](int) {
    if (main_process > 0) ::kill(main_process, SIGTERM);
  };
  ::sigaction(SIGTERM, &stop, nullptr);
  ::sigaction(SIGINT, &stop, nullptr);
  return Tracer(options).run();
}
