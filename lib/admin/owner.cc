#include "admin/owner.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/fault.h"
#include "base/process.h"

namespace mail::admin {
namespace {

constexpr const char* kUserAdd = "/usr/sbin/useradd";

User owner_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) throw Exit(EX_NOINPUT, path + ": not there");
    throw_errno(path);
  }
  User user{.name = {}, .uid = status.st_uid, .gid = status.st_gid};
  if (const passwd* entry = ::getpwuid(status.st_uid)) {
    user.name = entry->pw_name;
    user.gid = entry->pw_gid;
  }
  return user;
}

// Constant words only; nothing from the network gets near this.
void run_useradd(const std::string& name) {
  const pid_t child = ::fork();
  if (child < 0) throw_errno("fork");
  if (child == 0) {
    ::execl(kUserAdd, "useradd", "--system", "--user-group", "--no-create-home",
            "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin",
            name.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
}

std::string called(const User& user) {
  return user.name.empty() ? std::to_string(user.uid) : user.name;
}

}  // namespace

std::optional<User> find_user(const std::string& name) {
  const passwd* entry = ::getpwnam(name.c_str());
  if (!entry) return std::nullopt;
  return User{name, entry->pw_uid, entry->pw_gid};
}

User make_system_user(const std::string& name) {
  if (const auto user = find_user(name)) return *user;
  run_useradd(name);
  // Somebody else may have made it at the same time: look, don't ask.
  if (const auto user = find_user(name)) return *user;
  throw Exit(EX_OSERR, "there is no user " + name +
                           ", and useradd could not make it");
}

void become(const User& user) {
  const int groups = user.name.empty()
                         ? ::setgroups(0, nullptr)
                         : ::initgroups(user.name.c_str(), user.gid);
  if (groups != 0) throw_errno("setgroups");
  if (::setresgid(user.gid, user.gid, user.gid) != 0) throw_errno("setresgid");
  if (::setresuid(user.uid, user.uid, user.uid) != 0) throw_errno("setresuid");
  require(user.uid == 0 || ::setuid(0) != 0, "root was given up for good");
  // A change of user sets it back to fs.suid_dumpable.  What root connected
  // to is not for other processes of this user.
  make_undumpable();
}

void become_owner(const std::string& path) {
  const User owner = owner_of(path);
  if (owner.uid == 0) {
    throw Exit(EX_NOPERM,
               path + " belongs to root, and nothing of Staunch runs as root: "
                      "give it to the user that shall run it "
                      "(chown -R USER " + path + ")");
  }
  if (::geteuid() == 0) return become(owner);
  if (::geteuid() != owner.uid) {
    throw Exit(EX_NOPERM, path + " belongs to the user " + called(owner) +
                              ": run this as that user or as root");
  }
}

void become_owner_unless_root(const std::string& path) {
  if (::geteuid() != 0) return;
  const User owner = owner_of(path);
  if (owner.uid != 0) become(owner);
}

std::optional<std::string> barrier(const std::string& path,
                                   const User& user) {
  const auto whole = std::filesystem::absolute(path).lexically_normal();
  std::filesystem::path folder;
  for (const auto& part : whole) {
    folder /= part;
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) {
      if (errno == ENOENT) return std::nullopt;
      throw_errno(folder.string());
    }
    if (!S_ISDIR(status.st_mode)) continue;
    const mode_t needed = status.st_uid == user.uid   ? S_IXUSR
                          : status.st_gid == user.gid ? S_IXGRP
                                                      : S_IXOTH;
    if (!(status.st_mode & needed)) return folder.string();
  }
  return std::nullopt;
}

}  // namespace mail::admin
