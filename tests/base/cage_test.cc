// Each case closes a role's cage in a child and looks what the kernel says.

#include "base/cage.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cage_roles.h"
#include "base/fault.h"
#include "base/file.h"
#include "tests/support/temp_dir.h"

namespace mail {
namespace {

struct CageTest : testing::Test {
  CageTest() {
    for (const char* folder :
         {"/spool/in/0", "/spool/deferred", "/spool/hold", "/spool/corrupt",
          "/accounts/aa/1/msg", "/spam"}) {
      make_folders(data + folder, 0700);
    }
    for (const char* file :
         {"/spool/in/0/MAIL", "/spool/deferred/HELD", "/spool/corrupt/BAD",
          "/accounts/aa/1/mail.db", "/directory.db",
          "/directory.db-shm", "/directory.db-wal", "/credentials.db",
          "/credentials.db-wal", "/credentials.db-shm", "/queue.db",
          "/queue.db-wal", "/queue.db-shm", "/mail.toml", "/spam/model"}) {
      replace_file(data + file, "secret", 0600);
    }
  }

  // Runs `attempts` inside; what it says that is wrong is the failure.
  void inside(const Rights& rights,
              const std::function<std::string()>& attempts) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      close_cage(rights);
      const std::string wrong = attempts();
      if (::write(pipe[1], wrong.data(), wrong.size()) < 0) ::_exit(2);
      ::_exit(0);
    }
    ::close(pipe[1]);
    std::string wrong(4096, '\0');
    wrong.resize(static_cast<std::size_t>(
        std::max<ssize_t>(0, ::read(pipe[0], wrong.data(), wrong.size()))));
    ::close(pipe[0]);
    ::waitpid(child, &status, 0);
    EXPECT_EQ(wrong, "");
  }

  std::string opens(const std::string& path, int flags) {
    const int fd = ::open((data + path).c_str(), flags | O_CLOEXEC, 0600);
    if (fd < 0) return "cannot open " + path + "; ";
    ::close(fd);
    return {};
  }
  std::string refuses(const std::string& path, int flags) {
    const int fd = ::open((data + path).c_str(), flags | O_CLOEXEC, 0600);
    if (fd < 0) return {};
    ::close(fd);
    return "can open " + path + "; ";
  }
  static std::string fails(long result, const char* what) {
    if (result >= 0) return std::string("can ") + what + "; ";
    if (errno == EPERM || errno == EACCES || errno == EAFNOSUPPORT) return {};
    return std::string(what) + " failed for another reason; ";
  }
  static std::string works(long result, const char* what) {
    return result >= 0 ? "" : std::string("cannot ") + what + "; ";
  }
  static std::string sockets(std::initializer_list<int> allowed) {
    std::string wrong;
    for (const int family :
         {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET}) {
      const int fd = ::socket(family, SOCK_DGRAM, 0);
      const bool may = std::ranges::find(allowed, family) != allowed.end();
      if (may != (fd >= 0)) {
        wrong += "family " + std::to_string(family) + "; ";
      }
      if (fd >= 0) ::close(fd);
    }
    return wrong;
  }
  // Of files that are none of the role's business.
  std::string touches(std::initializer_list<const char*> paths) {
    std::string wrong;
    for (const char* path : paths) {
      const std::string whole = data + path;
      wrong += refuses(path, O_RDONLY) + refuses(path, O_WRONLY) +
               fails(::unlink(whole.c_str()), "unlink") +
               fails(::truncate(whole.c_str(), 0), "truncate") +
               fails(::rename(whole.c_str(), (whole + "2").c_str()), "rename");
    }
    return wrong;
  }
  // In the order written, which `+` would not promise.
  static std::string all(std::initializer_list<std::string> findings) {
    std::string wrong;
    for (const std::string& finding : findings) wrong += finding;
    return wrong;
  }
  // What no role may do.
  std::string common() {
    char* const argv[] = {const_cast<char*>("true"), nullptr};
    rlimit limit{};
    return all({fails(::execv("/bin/true", argv), "exec"),
                fails(::fork(), "fork"),
                fails(::open("/etc/passwd", O_RDONLY), "read /etc/passwd"),
                fails(::kill(::getppid(), 0), "signal others"),
                fails(::prlimit(::getppid(), RLIMIT_NOFILE, nullptr, &limit),
                      "limit others"),
                fails(::setpriority(PRIO_USER, 0, 19), "slow others down"),
                works(::getrlimit(RLIMIT_NOFILE, &limit), "ask for limits"),
                fails(::chown(data.c_str(), 1, 1), "chown"),
                fails(::listen(0, 1), "listen"),
                fails(reinterpret_cast<std::intptr_t>(
                          ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
                      "map code")});
  }
  static std::string needed() {
    std::atomic<int> ran = 0;
    std::thread([&] { ran = 1; }).join();
    return works(::eventfd(0, 0), "eventfd") + (ran ? "" : "no thread; ");
  }

  TempDir dir;
  const std::string data = dir.path();
  int status = 0;
};

TEST_F(CageTest, SmtpdMakesSpoolFilesAndNothingElse) {
  inside(smtpd_rights(data), [this] {
    const std::string mail = data + "/spool/in/0/MAIL";
    const int fresh = ::open((data + "/spool/in/0/NEW").c_str(),
                             O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0660);
    const int folder = ::open((data + "/spool/in/0").c_str(),
                              O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return all({works(fresh, "make a file"),
                works(::write(fresh, "x", 1), "write"),
                works(::ftruncate(fresh, 0), "cut"),
                works(::fsync(fresh), "sync"),
                fails(folder, "open a folder to list"),
                opens("/directory.db", O_RDONLY),
                opens("/spam/model", O_RDONLY),
                refuses("/directory.db", O_RDWR),
                refuses("/directory.db-shm", O_RDWR | O_CREAT),
                refuses("/spool/in/0/MAIL", O_WRONLY),
                refuses("/spool/in/0/MAIL", O_RDWR | O_CREAT),
                refuses("/spool/in/0/MAIL", O_RDONLY | O_TRUNC),
                refuses("/accounts/aa/1/mail.db", O_RDONLY),
                refuses("/credentials.db", O_RDONLY),
                refuses("/queue.db", O_RDONLY),
                refuses("/mail.toml", O_RDONLY),
                refuses("/spool/new", O_WRONLY | O_CREAT | O_EXCL),
                fails(::unlink(mail.c_str()), "unlink"),
                fails(::truncate(mail.c_str(), 0), "truncate"),
                fails(::chmod(mail.c_str(), 0666), "chmod"),
                fails(::rename(mail.c_str(), (mail + "2").c_str()), "rename"),
                fails(::link(mail.c_str(), (mail + "2").c_str()), "link"),
                sockets({AF_UNIX, AF_INET, AF_INET6}),
                common(),
                needed()});
  });
}

TEST_F(CageTest, ASpoolFolderOpenedBeforeCanBeSyncedButNotListed) {
  const int folder = ::open((data + "/spool/in/0").c_str(),
                            O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  inside(smtpd_rights(data), [&] {
    char space[256];
    return all({works(::fsync(folder), "sync the folder"),
                works(::openat(folder, "N", O_WRONLY | O_CREAT | O_EXCL, 0660),
                      "make a file below it"),
                fails(::syscall(SYS_getdents64, folder, space, sizeof space),
                      "list")});
  });
  ::close(folder);
}

TEST_F(CageTest, DeliveryLinksIntoAccounts) {
  inside(delivery_rights(data), [this] {
    const std::string mail = data + "/spool/in/0/MAIL";
    const std::string message = data + "/accounts/aa/1/msg/MAIL";
    return all({works(::link(mail.c_str(), message.c_str()), "link"),
                works(::mkdir((data + "/accounts/bb").c_str(), 0700), "mkdir"),
                opens("/accounts/aa/1/mail.db", O_RDWR | O_CREAT),
                opens("/accounts/aa/1", O_RDONLY | O_DIRECTORY),
                works(::unlink(message.c_str()), "unlink in accounts"),
                fails(::unlink(mail.c_str()), "unlink in the spool"),
                refuses("/spool/in/0", O_RDONLY | O_DIRECTORY),
                refuses("/spool/in/0/NEW", O_RDWR | O_CREAT),
                touches({"/credentials.db", "/directory.db", "/queue.db"}),
                refuses("/spool/in/0/NEW", O_WRONLY | O_CREAT | O_EXCL),
                sockets({}), common(),
                needed()});
  });
}

TEST_F(CageTest, SchedulerOwnsTheSpoolButReadsNoMailboxes) {
  inside(scheduler_rights(data), [this] {
    const std::string mail = data + "/spool/in/0/MAIL";
    const std::string moved = data + "/spool/deferred/MAIL";
    return all({works(::rename(mail.c_str(), moved.c_str()), "rename"),
                works(::unlink(moved.c_str()), "unlink"),
                opens("/spool/in/0", O_RDONLY | O_DIRECTORY),
                opens("/queue.db", O_RDWR), opens("/queue.db-shm", O_RDWR),
                fails(::mkdir((data + "/spool/in/x").c_str(), 0700), "mkdir"),
                opens("/spool/corrupt/BAD", O_RDONLY),
                refuses("/spool/corrupt/BAD", O_WRONLY),
                touches({"/accounts/aa/1/mail.db", "/credentials.db"}),
                refuses("/directory.db", O_WRONLY), sockets({AF_UNIX}),
                common(), needed()});
  });
}

// The way of a message that has to be tried again, and back when the rows of
// it are lost.
TEST_F(CageTest, SchedulerMovesMailBetweenItsFolders) {
  inside(scheduler_rights(data), [this] {
    std::string wrong;
    std::string at = data + "/spool/in/0/MAIL";
    for (const char* next : {"/spool/deferred/MAIL", "/spool/hold/MAIL",
                             "/spool/deferred/MAIL", "/spool/in/0/MAIL",
                             "/spool/corrupt/MAIL"}) {
      wrong += works(::rename(at.c_str(), (data + next).c_str()), next);
      at = data + next;
    }
    return wrong + works(::unlink(at.c_str()), "unlink");
  });
}

TEST_F(CageTest, ImapdHasAccountsOnly) {
  inside(imapd_rights(data), [this] {
    const int watch = ::inotify_init1(IN_CLOEXEC);
    return all(
        {works(watch, "watch"),
         works(::inotify_add_watch(
                   watch, (data + "/accounts/aa/1/mail.db").c_str(), IN_MODIFY),
               "watch a file"),
         opens("/accounts/aa/1/mail.db", O_RDWR | O_CREAT),
         opens("/accounts/aa/1/new", O_RDWR | O_CREAT | O_EXCL),
         works(::unlink((data + "/accounts/aa/1/new").c_str()), "unlink"),
         touches({"/directory.db", "/spool/in/0/MAIL", "/spool/deferred/HELD",
                  "/credentials.db", "/queue.db", "/mail.toml"}),
         refuses("/spool/in/0/NEW", O_WRONLY | O_CREAT | O_EXCL),
         sockets({AF_UNIX}), common(), needed()});
  });
}

TEST_F(CageTest, AuthdHasCredentialsOnly) {
  inside(authd_rights(data), [this] {
    return all({opens("/credentials.db", O_RDWR),
                opens("/credentials.db-shm", O_RDWR | O_CREAT),
                touches({"/directory.db", "/accounts/aa/1/mail.db",
                         "/spool/in/0/MAIL", "/queue.db", "/mail.toml"}),
                refuses("/new", O_RDWR | O_CREAT),
                fails(::unlink((data + "/credentials.db").c_str()), "unlink"),
                sockets({AF_UNIX}), common(), needed()});
  });
}

// What bind() of a TCP socket to that port says.
std::string binds(std::uint16_t port, int expected) {
  const int number = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(port);
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int result = ::bind(number, reinterpret_cast<const sockaddr*>(&here),
                            sizeof here);
  const int error = result == 0 ? 0 : errno;
  ::close(number);
  if (error == expected) return {};
  return "bind to " + std::to_string(port) + ": " + std::strerror(error);
}

TEST_F(CageTest, SendersOpenNoFileAtAll) {
  const int message =
      ::open((data + "/spool/in/0/MAIL").c_str(), O_RDONLY | O_CLOEXEC);
  // A kernel that knows no network rules refuses no port.
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1);
  inside(sender_rights(), [&] {
    char byte;
    return all({works(::pread(message, &byte, 1, 0), "read what it was given"),
                refuses("/spool/in/0/MAIL", O_RDONLY),
                fails(::open("/dev/null", O_RDONLY), "open anything"),
                binds(0, 0), binds(2525, abi >= 4 ? EACCES : 0),
                sockets({AF_UNIX, AF_INET, AF_INET6}), common(), needed()});
  });
  ::close(message);
}

TEST_F(CageTest, PtraceKills) {
  inside(sender_rights(), [] {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    return std::string("lives");
  });
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGSYS);
}

TEST(CageOrderTest, IsRefusedBehindAThread) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::thread([] { ::pause(); }).detach();
    try {
      close_cage(sender_rights());
    } catch (const Fault&) {
      ::_exit(0);
    }
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace mail
