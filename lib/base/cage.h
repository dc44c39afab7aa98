// The cage: what a process may still do, told to the kernel.
//
//   open what is kept; close_cage(smtpd_rights(data)); first thread
//
// Landlock says which files, seccomp which calls.  Nothing opens it again,
// and threads made behind it are inside.  A refused call fails (EPERM, EACCES,
// or ENOSYS for one no role uses); ptrace, io_uring and the like kill.  A
// kernel that knows less gets a warning in the log, not a failure.  What each
// role may do stands in base/cage_roles.cc and nowhere else.
#pragma once

#include <string>
#include <vector>

namespace mail {

// What may be done at or below a path; a set: Access::Read | Access::Write.
enum class Access : unsigned {
  Read = 1,    // open files for reading
  Write = 2,   // open files for writing, and shorten them
  List = 4,    // read folders
  Create = 8,  // make files (and sockets, for MakeSocket)
  MakeFolder = 16,
  Remove = 32,  // unlink files, rename them away
  RemoveFolder = 64,
  Link = 128,  // link and rename between folders
  MakeSocket = 256,
};
constexpr Access operator|(Access a, Access b) {
  return static_cast<Access>(static_cast<unsigned>(a) |
                             static_cast<unsigned>(b));
}
constexpr bool has(Access set, Access one) {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(one)) != 0;
}

struct PathRight {
  std::string path;  // a file or a folder; one that does not exist is skipped
  Access access;
};

// Which ways of opening a file are left.
enum class Opening {
  Nothing,     // no open at all
  ReadOnly,    // O_RDONLY without O_TRUNC
  ReadOrMake,  // the same, or O_CREAT with O_EXCL: never an existing file
  Anything,    // what the paths allow
};

enum class Sockets { None, Local, Network };  // Network: Local and IP

struct Rights {
  std::string role;  // for the log
  std::vector<PathRight> paths = {};
  Opening opening = Opening::Nothing;
  Sockets sockets = Sockets::None;
  bool list = false;    // getdents64
  bool change = false;  // unlink, rename, link, mkdir, chmod, truncate
  bool watch = false;   // inotify
  bool bind_tcp = false;  // to a port that the kernel chooses
};

// Closes the cage for this process.  Before its first thread: throws Fault
// when there is one already, or when the kernel refuses what it claims to
// know.
void close_cage(const Rights& rights);

}  // namespace mail
